"""The overview as text: its sentence, its tiles, its lists and tables.

The page's script (`web/rendering.js`) writes the same texts of what a reader selects.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from markupsafe import escape

from tg_pipeline.report.counting import (
    BOT,
    PEOPLE,
    UNSEEN,
    WEEK_SLOTS,
    ChatCounts,
    FactFilter,
    Overview,
    TextCount,
    TopicCounts,
    WeekCounts,
)
from tg_pipeline.report.facts import MAX_QUESTION, NONE, Facts, Text
from tg_pipeline.report.formatting import NO_VALUE, Formatter
from tg_pipeline.report.messages import Plural
from tg_pipeline.report.page import (
    Cell,
    HourCell,
    ListTable,
    OverviewTexts,
    OverviewTile,
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
        tiles=list(writer.tiles()),
        topics=list(map(writer.topic, _asked(overview))),
        topics_note=writer.topics_note(),
        small_talk_note=writer.small_talk_note(),
        hours_finding=writer.hours_finding(),
        hours=writer.hours(),
        weeks=writer.weeks(),
        chats=writer.chats(),
        askers=writer.askers(),
    )


def _asked(overview: Overview) -> list[TopicCounts]:
    others = overview.other_questions
    return [*overview.topics, *([others] if others else [])]


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
        self._last_year: Final = facts.day(chosen.last).year

    # The sentence

    def lead(self) -> Cell:
        clauses = [*self._lead_when(), *self._lead_what(), *self._lead_help()]
        return escape(SEPARATOR).join(clauses) + "."

    def _lead_when(self) -> Iterator[Cell]:
        totals = self._overview.current
        if not any(totals.written):
            yield self._texts.lead_nothing_asked if self._is_person else self._texts.lead_nothing
            return
        template = self._texts.lead_asks if self._is_person else self._texts.lead_when
        yield self._fmt.sentence(template, when=self._slot(totals.peak))

    def _lead_what(self) -> Iterator[Cell]:
        fmt, texts, questions = self._fmt, self._texts, self._overview.current.questions
        if not self._overview.topics:
            if self._has_texts and questions:
                count = fmt.count(questions, fmt.messages.nouns.question)
                yield texts.no_topics.format(questions=count)
            elif self._has_texts and not self._is_person:
                yield texts.lead_no_questions
            return
        top = self._overview.topics[0]
        times = fmt.count(top.questions, fmt.messages.nouns.time)
        name = self._text(self._facts.topics[top.topic])
        yield fmt.sentence(texts.lead_what, name=name, times=times)

    def _lead_help(self) -> Iterator[Cell]:
        fmt, texts, current = self._fmt, self._texts, self._overview.current
        if current.private.seen:
            yield texts.lead_private.format(share=fmt.share(current.private.answered))
        if current.elsewhere.seen:
            is_known = self._is_elsewhere_known
            yield self._lead_elsewhere(
                fmt.share(current.elsewhere.answered) if is_known else texts.unclear
            )
        if current.unseen and not (current.private.seen or current.elsewhere.seen):
            yield texts.lead_unseen

    def _lead_elsewhere(self, share: str) -> str:
        texts, is_both = self._texts, bool(self._overview.current.private.seen)
        return (texts.lead_elsewhere if is_both else texts.lead_answered).format(share=share)

    # The tiles

    def tiles(self) -> Iterator[OverviewTile]:
        texts = self._texts
        when = texts.when_asked if self._is_person else texts.when
        yield OverviewTile("when", "hours", when, list(self._when()))
        yield OverviewTile("what", "topics", texts.what, list(self._what()))
        yield OverviewTile("who", "askers", texts.who, list(self._who()))
        if len(self._facts.chats) > 1:
            yield OverviewTile("slow", "chats", texts.slowest_chat, list(self._slow()))
        yield OverviewTile("change", "weeks", texts.since_last_week, list(self._since_last_week()))
        yield OverviewTile("help", "weeks", texts.help, list(self._help()))

    def _when(self) -> Iterator[TileLine]:
        fmt = self._fmt
        current, previous = self._overview.current, self._overview.previous
        total = sum(current.written)
        if not total:
            yield TileLine("value", NO_VALUE)
            return
        nouns = fmt.messages.nouns
        noun = nouns.question if self._is_person else nouns.message
        yield TileLine("value", self._slot(current.peak))
        most = current.written[current.peak]
        yield TileLine("label", self._of_all(Share(most, total), fmt.count(total, noun)))
        yield from self._tied(current.written.count(most) - 1, nouns.other_hour)
        if previous and any(previous.written):
            before = self._slot(previous.peak)
            yield TileLine("note", self._before(before))

    def _what(self) -> Iterator[TileLine]:
        fmt, texts, current = self._fmt, self._texts, self._overview.current
        whole = fmt.count(current.questions, fmt.messages.nouns.question)
        if not self._has_texts:
            yield TileLine("value", NO_VALUE)
            yield TileLine("label", fmt.messages.questions.no_texts)
            return
        if not self._overview.topics:
            yield TileLine("value", NO_VALUE)
            nothing = texts.no_topics.format(questions=whole)
            yield TileLine("label", nothing if current.questions else texts.nothing_asked)
            return
        top = self._overview.topics[0]
        yield TileLine("value users", self._text(self._facts.topics[top.topic]))
        now = Share(top.questions, current.questions)
        yield TileLine("label", self._of_all(now, whole))
        tied = [*current.topics.values()].count(top.questions) - 1
        yield from self._tied(tied, fmt.messages.nouns.other_topic)
        previous = self._overview.previous
        if previous and previous.questions:
            before = Share(previous.topics[top.topic], previous.questions)
            yield self._change(Comparison(now, before))

    def _help(self) -> Iterator[TileLine]:
        current = self._overview.current
        if not (current.private.seen or current.elsewhere.seen):
            yield TileLine("value", NO_VALUE)
            if not current.unseen:
                yield from self._without_issues()
        if current.private.seen:
            yield from self._help_private()
        if current.elsewhere.seen:
            yield from self._help_elsewhere()
        if current.unseen:
            issues = self._fmt.count(current.unseen, self._fmt.messages.nouns.issue)
            yield TileLine("note", self._texts.unseen.format(issues=issues))

    def _without_issues(self) -> Iterator[TileLine]:
        if self._overview.current.questions:
            yield TileLine("label", self._texts.no_new_issue)
        elif self._has_texts:
            yield TileLine("label", self._texts.nothing_asked)

    def _help_private(self) -> Iterator[TileLine]:
        texts, fmt = self._texts, self._fmt
        current, previous = self._overview.current, self._overview.previous
        answered, again = current.private.answered, current.private.again
        yield TileLine("value figure", fmt.share(answered))
        yield TileLine("label", texts.private)
        if previous and previous.private.seen:
            yield self._change(Comparison(answered, previous.private.answered))
        if again.whole:
            yield TileLine("note", texts.again.format(share=fmt.share(again)))
        # None may also be that they were not recognized, which takes several chats.
        if current.private.fallback.part:
            share = fmt.percent(current.private.fallback.value or 0)
            yield TileLine("note", texts.fallback.format(share=share))

    def _help_elsewhere(self) -> Iterator[TileLine]:
        fmt, texts, summary = self._fmt, self._texts, self._fmt.messages.summary
        current, previous = self._overview.current, self._overview.previous
        answered, test = current.elsewhere.answered, current.test
        is_both = bool(current.private.seen)
        label = texts.elsewhere if is_both else texts.answered
        unknown = summary.unknown.format(share=fmt.percent(current.elsewhere.unknown.value or 0))
        if test is None or test.is_distinct:
            yield TileLine("value figure", fmt.share(answered))
            yield TileLine("label", label)
            is_compared = previous and previous.elsewhere.seen
            if is_compared and previous and (test is None or previous.is_elsewhere_clear):
                yield self._change(Comparison(answered, previous.elsewhere.answered))
            yield TileLine("note", unknown)
            if test:
                yield TileLine("note", summary.placebo.format(figure=fmt.share(test.placebo)))
            return
        template = summary.no_difference if test.has_enough_cases else summary.too_few
        figure, placebo = fmt.share(answered), fmt.share(test.placebo)
        yield TileLine("value figure", NO_VALUE)
        yield TileLine("label", label)
        yield TileLine("note", template.format(figure=figure, placebo=placebo))

    def _who(self) -> Iterator[TileLine]:
        fmt, current = self._fmt, self._overview.current
        if not self._overview.askers:
            yield TileLine("value", NO_VALUE)
            if self._has_texts and not current.questions:
                yield TileLine("label", self._texts.nothing_asked)
            return
        most = self._overview.askers[0]
        yield TileLine("value users", self._person(most.person))
        whole = fmt.count(current.questions, fmt.messages.nouns.question)
        yield TileLine("label", self._of_all(Share(most.questions, current.questions), whole))
        yield from self._tied(self._overview.askers_tied, fmt.messages.nouns.other_person)

    def _since_last_week(self) -> Iterator[TileLine]:
        texts, weeks = self._texts, self._overview.last_weeks
        if weeks is None:
            yield TileLine("value", NO_VALUE)
            yield TileLine("label", texts.no_weeks)
            return
        if not self._has_texts:
            yield TileLine("value", NO_VALUE)
            return
        now, before = weeks
        changes = list(self._changes(now, before))
        if not changes:
            yield TileLine("value figure", NO_VALUE)
        shown = None
        for verdict, label in changes:
            if verdict != shown:
                yield TileLine("value figure", verdict)
            yield TileLine("label", label)
            shown = verdict
        yield TileLine(
            "note",
            texts.change_questions.format(
                week=self._week(now.monday),
                now=self._fmt.count(now.questions, self._fmt.messages.nouns.question),
                before=self._fmt.number(before.questions),
            ),
        )

    def _changes(self, now: WeekCounts, before: WeekCounts) -> Iterator[tuple[str, str]]:
        """Yield the verdict on each share that both weeks have, and the shares."""
        texts, is_both = self._texts, bool(self._overview.current.private.seen)
        if now.private.seen and before.private.seen:
            change = Comparison(now.private.answered, before.private.answered)
            yield self._verdict(change), self._both(texts.change_private, change)
        if not (now.elsewhere.seen and before.elsewhere.seen):
            return
        if self._is_elsewhere_known:
            change = Comparison(now.elsewhere.answered, before.elsewhere.answered)
            template = texts.change_elsewhere if is_both else texts.change_answered
            yield self._verdict(change), self._both(template, change)
        else:
            yield NO_VALUE, self._lead_elsewhere(texts.unclear)

    def _both(self, template: str, change: Comparison) -> str:
        now, before = self._fmt.share(change.figure), self._fmt.share(change.placebo)
        return template.format(now=now, before=before)

    def _slow(self) -> Iterator[TileLine]:
        row = self._overview.slowest
        if row is None:
            yield TileLine("value", NO_VALUE)
            yield TileLine("label", self._texts.no_slowest)
            return
        yield TileLine("value users", self._chat(row.chat))
        median = self._fmt.duration(row.seconds or 0)
        yield TileLine("label", self._texts.half_longer.format(median=median))

    def _of_all(self, share: Share, whole: str) -> str:
        fmt = self._fmt
        part, percent = fmt.number(share.part), fmt.percent(share.value or 0)
        return self._texts.of_all.format(part=part, whole=whole, share=percent)

    def _tied(self, others: int, noun: Plural) -> Iterator[TileLine]:
        if others:
            text = self._texts.tied.format(others=self._fmt.count(others, noun))
            yield TileLine("note", text)

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
            return self._no_questions if self._is_person else fmt.messages.hours.nothing
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

    @property
    def _no_questions(self) -> str:
        is_known = self._has_texts
        return self._texts.nothing_asked if is_known else self._fmt.messages.questions.no_texts

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
            name=self._texts.other_questions
            if row.topic == NONE
            else self._text(facts.topics[row.topic]),
            times=fmt.number(row.questions),
            answered=self._topic_answered(row),
            groups=self._rows(row.groups, facts.groups, self._texts.no_group)
            if len(row.groups) > 1
            else [],
            wordings=self._rows(row.wordings, facts.wordings, self._texts.other_wordings),
        )

    def topics_note(self) -> str:
        is_silent = self._has_texts and not self._overview.current.questions
        return self._texts.nothing_asked if is_silent else ""

    def small_talk_note(self) -> str:
        count = self._overview.current.small_talk
        return self._texts.small_talk.format(number=self._fmt.number(count)) if count else ""

    def weeks(self) -> ListTable:
        fmt, texts, weeks = self._fmt, self._texts, self._overview.weeks
        places = answered_places(self._facts)
        rows = [
            [
                fmt.bucket(self._week(week.monday), is_complete=week.is_complete),
                fmt.number(week.questions),
                *(fmt.share(getattr(week, place).answered) for place in places),
            ]
            for week in reversed(weeks)
        ]
        titles = {"private": texts.in_private, "elsewhere": texts.elsewhere_column}
        heads = [titles[place] for place in places] if len(places) > 1 else [texts.answered_column]
        columns = [
            TableColumn(texts.week),
            *(TableColumn(head, is_number=True) for head in (texts.questions, *heads)),
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
        slowest, limit = self._slowest(), texts.chats_limit
        return ListTable("chats", texts.chats_title, slowest, columns, cells, note, limit)

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
        if not self._has_texts:
            finding = fmt.sentence(fmt.messages.questions.no_texts)
        return ListTable("askers", texts.askers_title, finding, columns, cells)

    def _topic_answered(self, row: TopicCounts) -> Cell:
        fmt, counts = self._fmt, row.issues
        if not sum(counts.counts):
            return fmt.sentence(self._texts.no_new_issue)
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

    def _trend(self) -> str:
        fmt, texts, weeks = self._fmt, self._texts, self._overview.last_weeks
        if weeks is None:
            return texts.no_weeks
        if not self._has_texts:
            return fmt.messages.questions.no_texts
        now, before = weeks
        sentences = [
            texts.trend.format(
                week=self._week(now.monday),
                now=fmt.count(now.questions, fmt.messages.nouns.question),
                before=fmt.number(before.questions),
            ),
            *self._trend_of(now, before),
        ]
        return " ".join(sentences)

    def _trend_of(self, now: WeekCounts, before: WeekCounts) -> Iterator[str]:
        texts, current = self._texts, self._overview.current
        if now.private.seen and before.private.seen:
            change = Comparison(now.private.answered, before.private.answered)
            yield self._trend_sentence(texts.trend_private, change)
        if not (now.elsewhere.seen and before.elsewhere.seen):
            return
        if self._is_elsewhere_known:
            change = Comparison(now.elsewhere.answered, before.elsewhere.answered)
            template = texts.trend_elsewhere if current.private.seen else texts.trend_answered
            yield self._trend_sentence(template, change)
        else:
            is_both = bool(current.private.seen)
            yield texts.trend_elsewhere_unclear if is_both else texts.trend_answered_unclear

    def _trend_sentence(self, template: str, change: Comparison) -> str:
        now, before = self._fmt.share(change.figure), self._fmt.share(change.placebo)
        return template.format(now=now, before=before, verdict=self._verdict(change))

    def _verdict(self, change: Comparison) -> str:
        texts = self._texts
        if change.is_distinct:
            return texts.better if change.is_higher else texts.worse
        return texts.no_difference if change.has_enough_cases else texts.few_cases

    @property
    def _is_elsewhere_known(self) -> bool:
        return self._is_person or self._overview.current.is_elsewhere_clear

    def _slowest(self) -> Cell:
        fmt, row = self._fmt, self._overview.slowest
        if row is None:
            return self._texts.no_slowest
        median = fmt.duration(row.seconds or 0)
        return fmt.sentence(self._texts.slowest, chat=self._chat(row.chat), median=median)

    def _wait(self, row: ChatCounts) -> str:
        return NO_VALUE if row.seconds is None else self._fmt.duration(row.seconds)

    # Names

    def _week(self, monday: date) -> str:
        return week_name(monday, self._last_year, self._fmt)

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


def answered_places(facts: Facts) -> list[str]:
    """Return where the data shows answers to issues: `private`, `elsewhere` or both."""
    found = {issue.is_private for issue in facts.issues if issue.outcome != UNSEEN}
    return [*(["private"] if True in found else []), *([] if found == {True} else ["elsewhere"])]


def week_name(monday: date, last_year: int, fmt: Formatter) -> str:
    """Return the date of a Monday, with the year if it is not the last one of a period."""
    return fmt.axis_day(monday) if monday.year == last_year else fmt.axis_date(monday)


def chat_name(facts: Facts, chat: int, fmt: Formatter) -> Cell:
    """Return the name of a chat, or of those that are counted as one."""
    texts = fmt.messages.overview
    if chat == facts.private_chat:
        return texts.private_chats
    if chat == facts.other_chats:
        return texts.other_chats
    name = facts.chats[chat].name
    return UserText(name, limit=MAX_NAME) if name else fmt.messages.page.no_name
