"""The overview as text: its sentence, its tiles, its lists and tables.

The page's script (`overview.js`) writes the same texts of what a reader selects.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape

from tg_pipeline.report.facts import MAX_QUESTION, NONE, Facts, Text
from tg_pipeline.report.formatting import NO_VALUE, Formatter
from tg_pipeline.report.overview import (
    BOT,
    PEOPLE,
    WEEK_SLOTS,
    ChatCounts,
    FactFilter,
    Overview,
    TextCount,
    TopicCounts,
    WeekCounts,
)
from tg_pipeline.report.page import (
    Cell,
    HourCell,
    ListTable,
    OverviewTexts,
    TableColumn,
    TileLine,
    TopicRow,
)
from tg_pipeline.report.sanitize import MAX_NAME, UserText
from tg_pipeline.report.shares import Comparison, Share
from tg_pipeline.report.summary import SEPARATOR

HEAT_STEPS: Final = 5
"""The strengths of colour of the hours: more are indistinct in a small cell."""


def overview_texts(
    overview: Overview, facts: Facts, chosen: FactFilter, fmt: Formatter, *, has_texts: bool
) -> OverviewTexts:
    """Return the texts of an overview; without the texts of messages, there are no questions."""
    writer = _Writer(overview, facts, chosen, fmt, has_texts=has_texts)
    return OverviewTexts(
        lead=writer.lead(),
        when=list(writer.when()),
        what=list(writer.what()),
        help=list(writer.help()),
        topics=[writer.topic(row) for row in overview.topics],
        topics_note=writer.topics_note(),
        small_talk_note=writer.small_talk_note(),
        hours_finding=writer.hours_finding(),
        hours=writer.hours(),
        weeks=writer.weeks(),
        chats=writer.chats(),
        askers=writer.askers(),
    )


class _Writer:
    """Writes the texts of one overview."""

    def __init__(
        self,
        overview: Overview,
        facts: Facts,
        chosen: FactFilter,
        fmt: Formatter,
        *,
        has_texts: bool,
    ) -> None:
        self._overview: Final = overview
        self._facts: Final = facts
        self._is_person: Final = chosen.person != NONE
        self._fmt: Final = fmt
        self._texts: Final = fmt.messages.overview
        self._has_texts: Final = has_texts

    # The sentence

    def lead(self) -> Cell:
        clauses = [*self._lead_when(), *self._lead_what(), *self._lead_help()]
        return escape(SEPARATOR).join(clauses) + "."

    def _lead_when(self) -> Iterator[Cell]:
        totals = self._overview.current
        if not any(totals.written):
            yield self._fmt.sentence(self._texts.lead_nothing)
            return
        template = self._texts.lead_asks if self._is_person else self._texts.lead_when
        yield self._fmt.sentence(template, when=self._slot(totals.peak))

    def _lead_what(self) -> Iterator[Cell]:
        if not self._overview.topics:
            return
        top = self._overview.topics[0]
        times = self._fmt.count(top.questions, self._fmt.messages.nouns.time)
        yield self._fmt.sentence(
            self._texts.lead_what, name=self._text(self._facts.topics[top.topic]), times=times
        )

    def _lead_help(self) -> Iterator[Cell]:
        texts, current = self._texts, self._overview.current
        if current.private.seen:
            share = self._fmt.share(current.private.answered)
            yield self._fmt.sentence(texts.lead_private, share=share)
        if not current.elsewhere.seen:
            return
        if not (self._is_person or current.is_elsewhere_clear):
            yield self._fmt.sentence(texts.lead_unclear)
            return
        template = texts.lead_elsewhere if current.private.seen else texts.lead_answered
        yield self._fmt.sentence(template, share=self._fmt.share(current.elsewhere.answered))

    # The tiles

    def when(self) -> Iterator[TileLine]:
        fmt = self._fmt
        current, previous = self._overview.current, self._overview.previous
        total = sum(current.written)
        if not total:
            yield TileLine("value", NO_VALUE)
            return
        nouns = fmt.messages.nouns
        noun = nouns.question if self._is_person else nouns.message
        yield TileLine("value", self._slot(current.peak))
        most = Share(current.written[current.peak], total)
        yield TileLine("label", self._of_all(most, fmt.count(total, noun)))
        if previous and any(previous.written):
            before = self._slot(previous.peak)
            yield TileLine("note", self._before(before))

    def what(self) -> Iterator[TileLine]:
        fmt, texts, current = self._fmt, self._texts, self._overview.current
        whole = fmt.count(current.questions, fmt.messages.nouns.question)
        if not self._has_texts:
            yield TileLine("value", NO_VALUE)
            yield TileLine("label", fmt.messages.questions.no_texts)
            return
        if not self._overview.topics:
            yield TileLine("value", NO_VALUE)
            yield TileLine("label", texts.no_topics.format(questions=whole))
            return
        top = self._overview.topics[0]
        yield TileLine("value question", self._text(self._facts.topics[top.topic]))
        now = Share(top.questions, current.questions)
        yield TileLine("label", self._of_all(now, whole))
        previous = self._overview.previous
        if previous and previous.questions:
            before = Share(previous.topics[top.topic], previous.questions)
            yield self._change(Comparison(now, before))

    def help(self) -> Iterator[TileLine]:
        current = self._overview.current
        if not (current.private.seen or current.elsewhere.seen):
            yield TileLine("value", NO_VALUE)
            if not current.unseen:
                yield TileLine("label", self._texts.nothing_asked)
        if current.private.seen:
            yield from self._help_private()
        if current.elsewhere.seen:
            yield from self._help_elsewhere()
        if current.unseen:
            issues = self._fmt.count(current.unseen, self._fmt.messages.nouns.issue)
            yield TileLine("note", self._texts.unseen.format(issues=issues))

    def _help_private(self) -> Iterator[TileLine]:
        texts, fmt = self._texts, self._fmt
        current, previous = self._overview.current, self._overview.previous
        answered, again = current.private.answered, current.private.again
        yield TileLine("value", fmt.percent(answered.value or 0))
        yield TileLine("label", texts.private.format(cases=fmt.cases(answered)))
        if previous and previous.private.seen:
            yield self._change(Comparison(answered, previous.private.answered))
        notes = [texts.again.format(share=fmt.share(again))] if again.whole else []
        notes.append(texts.fallback.format(share=fmt.percent(current.private.fallback.value or 0)))
        yield TileLine("note", SEPARATOR.join(notes))

    def _help_elsewhere(self) -> Iterator[TileLine]:
        fmt, texts, summary = self._fmt, self._texts, self._fmt.messages.summary
        current, previous = self._overview.current, self._overview.previous
        answered, test = current.elsewhere.answered, current.test
        is_both = bool(current.private.seen)
        label = texts.elsewhere if is_both else texts.answered
        label = label.format(cases=fmt.cases(answered))
        unknown = summary.unknown.format(share=fmt.percent(current.elsewhere.unknown.value or 0))
        if test is None or test.is_distinct:
            yield TileLine("value", fmt.percent(answered.value or 0))
            yield TileLine("label", label)
            is_compared = previous and previous.elsewhere.seen
            if is_compared and previous and (test is None or previous.is_elsewhere_clear):
                yield self._change(Comparison(answered, previous.elsewhere.answered))
            notes = [unknown]
            if test:
                placebo = fmt.share(test.placebo)
                notes.append(summary.placebo.format(figure=placebo))
            yield TileLine("note", SEPARATOR.join(notes))
            return
        template = summary.no_difference if test.has_enough_cases else summary.too_few
        figure, placebo = fmt.percent(answered.value or 0), fmt.share(test.placebo)
        yield TileLine("value", NO_VALUE)
        yield TileLine("label", label)
        yield TileLine("note", template.format(figure=figure, placebo=placebo))

    def _of_all(self, share: Share, whole: str) -> str:
        fmt = self._fmt
        part, percent = fmt.number(share.part), fmt.percent(share.value or 0)
        return self._texts.of_all.format(part=part, whole=whole, share=percent)

    def _change(self, change: Comparison) -> TileLine:
        """Return the share before, with an arrow if the difference is beyond chance."""
        before = self._fmt.share(change.placebo)
        if not change.is_distinct:
            return TileLine("note", self._before(before))
        summary = self._fmt.messages.summary
        template = summary.up if change.is_higher else summary.down
        trend = "up" if change.is_higher else "down"
        return TileLine(f"change {trend}", template.format(previous=before))

    def _before(self, text: str) -> str:
        return self._fmt.messages.summary.before.format(previous=text)

    # The lists

    def hours_finding(self) -> Cell:
        fmt, current = self._fmt, self._overview.current
        total = sum(current.written)
        if not total:
            return fmt.messages.hours.nothing
        weekday, hour = divmod(current.peak, 24)
        most = current.written[current.peak]
        nouns = fmt.messages.nouns
        return fmt.sentence(
            fmt.messages.hours.finding,
            weekday=fmt.messages.hours.weekdays[weekday],
            hours=fmt.hours(hour),
            messages=fmt.count(most, nouns.question if self._is_person else nouns.message),
            share=fmt.share(Share(most, total)),
        )

    def hours(self) -> list[list[HourCell]]:
        written = self._overview.current.written
        most = max(written)
        cells = [
            HourCell(-(-HEAT_STEPS * count // most) if most else 0, self._fmt.number(count))
            for count in written
        ]
        return [cells[first : first + 24] for first in range(0, WEEK_SLOTS, 24)]

    def topic(self, row: TopicCounts) -> TopicRow:
        fmt, facts = self._fmt, self._facts
        return TopicRow(
            name=self._text(facts.topics[row.topic]),
            times=fmt.number(row.questions),
            answered=self._topic_answered(row),
            groups=self._rows(row.groups, facts.groups, self._texts.no_group)
            if len(row.groups) > 1
            else [],
            wordings=self._rows(row.wordings, facts.wordings, self._texts.other_wordings),
        )

    def topics_note(self) -> str:
        fmt, current = self._fmt, self._overview.current
        others = current.questions - sum(row.questions for row in self._overview.topics)
        return self._texts.other_questions.format(number=fmt.number(others)) if others else ""

    def small_talk_note(self) -> str:
        count = self._overview.current.small_talk
        return self._texts.small_talk.format(number=self._fmt.number(count)) if count else ""

    def weeks(self) -> ListTable:
        fmt, texts, weeks = self._fmt, self._texts, self._overview.weeks
        rows = [
            [
                fmt.bucket(fmt.axis_day(week.monday), is_complete=week.is_complete),
                fmt.number(week.questions),
                fmt.share(week.private.answered),
                fmt.share(week.elsewhere.answered),
            ]
            for week in weeks
        ]
        columns = [
            TableColumn(texts.week),
            TableColumn(texts.questions, is_number=True),
            TableColumn(texts.in_private, is_number=True),
            TableColumn(texts.elsewhere_column, is_number=True),
        ]
        return ListTable("weeks", texts.weeks_title, self._trend(), columns, rows)

    def chats(self) -> ListTable:
        fmt, texts, rows = self._fmt, self._texts, self._overview.chats
        columns = [
            TableColumn(texts.chat),
            *(
                TableColumn(title, is_number=True)
                for title in (
                    *(texts.messages, texts.people, texts.questions),
                    *(texts.answered_column, texts.half_within),
                )
            ),
        ]
        cells = [
            [
                self._chat(row.chat),
                fmt.number(row.messages),
                fmt.number(row.people),
                fmt.number(row.questions),
                fmt.share(row.issues.answered),
                self._wait(row),
            ]
            for row in rows
        ]
        left_out = self._overview.chats_left_out
        note = texts.chats_left_out.format(number=fmt.number(left_out)) if left_out else ""
        return ListTable("chats", texts.chats_title, self._slowest(), columns, cells, note)

    def askers(self) -> ListTable:
        fmt, texts, rows = self._fmt, self._texts, self._overview.askers
        columns = [
            TableColumn(texts.person),
            TableColumn(texts.questions, is_number=True),
            TableColumn(texts.answered_column, is_number=True),
        ]
        cells = [
            [
                self._person(row.person),
                fmt.number(row.questions),
                fmt.share(row.issues.answered),
            ]
            for row in rows
        ]
        people = fmt.count(self._overview.people_who_asked, fmt.messages.nouns.person)
        finding = fmt.sentence(texts.askers, people=people)
        return ListTable("askers", texts.askers_title, finding, columns, cells)

    def _topic_answered(self, row: TopicCounts) -> Cell:
        fmt, counts = self._fmt, row.issues
        if not counts.seen:
            return fmt.sentence(self._texts.topic_unseen)
        return fmt.sentence(
            self._texts.topic_answered,
            answered=fmt.cases(counts.answered),
            bot=fmt.number(counts.counts[BOT]),
            people=fmt.number(counts.counts[PEOPLE]),
            unknown=fmt.number(counts.unknown.part),
        )

    def _rows(
        self, counts: Sequence[TextCount], texts: Sequence[Text], others: str
    ) -> list[list[Cell]]:
        return [
            [
                others if row.place == NONE else self._text(texts[row.place]),
                self._fmt.number(row.questions),
            ]
            for row in counts
        ]

    def _trend(self) -> Cell:
        fmt, texts, weeks = self._fmt, self._texts, self._overview.last_weeks
        if weeks is None:
            return texts.no_weeks
        now, before = weeks
        sentences = [
            fmt.sentence(
                texts.trend,
                week=fmt.axis_day(now.monday),
                now=fmt.count(now.questions, fmt.messages.nouns.question),
                before=fmt.number(before.questions),
            ),
            *self._trend_of(now, before),
        ]
        return Markup(" ").join(sentences)

    def _trend_of(self, now: WeekCounts, before: WeekCounts) -> Iterator[Cell]:
        texts, current = self._texts, self._overview.current
        if now.private.seen and before.private.seen:
            change = Comparison(now.private.answered, before.private.answered)
            yield self._verdict(texts.trend_private, change)
        if not (now.elsewhere.seen and before.elsewhere.seen):
            return
        if self._is_person or current.is_elsewhere_clear:
            change = Comparison(now.elsewhere.answered, before.elsewhere.answered)
            is_both = bool(current.private.seen)
            yield self._verdict(texts.trend_elsewhere if is_both else texts.trend_answered, change)
        else:
            yield self._fmt.sentence(texts.trend_unclear)

    def _verdict(self, template: str, change: Comparison) -> Cell:
        fmt, texts = self._fmt, self._texts
        verdict = texts.few_cases
        if change.has_enough_cases:
            verdict = texts.no_difference
        if change.is_distinct:
            verdict = texts.better if change.is_higher else texts.worse
        now, before = fmt.share(change.figure), fmt.share(change.placebo)
        return fmt.sentence(template, now=now, before=before, verdict=verdict)

    def _slowest(self) -> Cell:
        fmt, row = self._fmt, self._overview.slowest
        if row is None:
            return self._texts.no_slowest
        return fmt.sentence(
            self._texts.slowest, chat=self._chat(row.chat), median=fmt.duration(row.seconds or 0)
        )

    def _wait(self, row: ChatCounts) -> str:
        return NO_VALUE if row.seconds is None else self._fmt.duration(row.seconds)

    # Names

    def _slot(self, slot: int) -> str:
        fmt = self._fmt
        weekday, hour = divmod(slot, 24)
        return self._texts.slot.format(
            weekday=fmt.messages.hours.weekdays[weekday], hours=fmt.hours(hour)
        )

    def _text(self, text: Text) -> Cell:
        return UserText(text.text or "", text.language, MAX_QUESTION)

    def _chat(self, chat: int) -> Cell:
        return chat_name(self._facts, chat, self._fmt)

    def _person(self, person: int) -> Cell:
        names = self._facts.people
        if person >= len(names):
            return self._texts.other_person
        name = names[person]
        return UserText(name, limit=MAX_NAME) if name else self._fmt.messages.page.no_name


def chat_name(facts: Facts, chat: int, fmt: Formatter) -> Cell:
    """Return the name of a chat, or of those that are counted as one."""
    texts = fmt.messages.overview
    if chat == facts.private_chat:
        return texts.private_chats
    if chat == facts.other_chats:
        return texts.other_chats
    name = facts.chats[chat].name
    return UserText(name, limit=MAX_NAME) if name else fmt.messages.page.no_name
