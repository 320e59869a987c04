"""The overview: what is counted, of which days, chats and people."""

from dataclasses import replace
from datetime import date

from tg_pipeline.report.counting import (
    FALLBACK,
    MIN_ANSWERS,
    TOP_TOPICS,
    TOP_WORDINGS,
    UNSEEN,
    FactFilter,
    Overview,
    build_overview,
    whole_period,
)
from tg_pipeline.report.facts import NONE, Facts, HourFact, PlaceboFact, QuestionFact
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import Period
from tg_pipeline.report.page import OverviewTexts
from tg_pipeline.report.sections.overview import overview_texts
from tg_pipeline.report.shares import Share
from tg_pipeline_tests.report.made_facts import made_facts, tied_facts
from tg_pipeline_tests.report.report_data import EN, PERIOD, PT, with_spaces
from tg_pipeline_tests.report.test_sections import shown

FACTS = made_facts()
ALL = whole_period(FACTS, PERIOD)
PRIVATE, TURMA, FORUM = 0, 1, 2

TREND = (
    "Last whole week (from 26 Oct): 12 questions; the week before: 14. Issues answered in private "
    "chats: from 50% (7 of 14) to 50% (7 of 14), no clear difference. Issues answered elsewhere: "
    "from 50% (14 of 28) to 50% (14 of 28), no clear difference."
)


def overview(facts: Facts = FACTS, chosen: FactFilter = ALL) -> Overview:
    return build_overview(facts, chosen, chosen.last)


def of_chat(chat: int) -> FactFilter:
    return FactFilter(ALL.first, ALL.last, chat)


def in_words(counts: Overview, chosen: FactFilter = ALL, fmt: object = EN) -> list[str]:
    texts = overview_texts(counts, FACTS, chosen, EN if fmt is EN else PT, has_texts=True)
    lines = [texts.lead, *(line.text for tile in texts.tiles for line in tile.lines)]
    findings = (texts.hours_finding, texts.weeks.finding, texts.chats.finding, texts.askers.finding)
    return [with_spaces(shown(each)) for each in (*lines, *findings)]


def lines_of(texts: OverviewTexts, name: str) -> list[str]:
    (tile,) = [tile for tile in texts.tiles if tile.name == name]
    return [with_spaces(str(line.text)) for line in tile.lines]


def test_the_overview_in_words() -> None:
    assert in_words(overview()) == [
        (
            "Busiest on Tuesdays, 20:00–21:00; asked most: “como emito o certificado?” (28 times); "
            "issues answered in private chats: 50%; elsewhere: 50%."
        ),
        "Tuesdays, 20:00–21:00",
        "72 of 744 messages (10%)",
        "tied with 2 other hours",
        "before: Tuesdays, 20:00–21:00",
        "como emito o certificado?",
        "28 of 51 questions (55%)",
        "before: 54%",
        "Ana Ribeiro",
        "23 of 51 questions (45%)",
        "Fórum",
        "half of the answers took 1 h or longer",
        "no clear difference",
        "in private chats: from 50% (7 of 14) to 50% (7 of 14) answered",
        "elsewhere: from 50% (14 of 28) to 50% (14 of 28) answered",
        "week of 26 Oct: from 14 to 12 questions",
        "50%",
        "answered in private chats",
        "before: 50%",
        "asked again within a day: 11% (3 of 28) of those answered",
        "50%",
        "answered elsewhere",
        "before: 50%",
        "unknown: 0%",
        "same rule on messages that ask nothing: 20%",
        "Peak: Tuesdays, 20:00–21:00, with 72 messages, 10% of the total.",
        TREND,
        "Slowest: Fórum. Half of the answers took 1 h or longer.",
        "3 people asked something.",
    ]


def test_the_sentence_tells_also_that_nothing_is_known_or_was_asked() -> None:
    unseen = [row._replace(outcome=UNSEEN) for row in FACTS.issues]
    alone = [row._replace(topic=NONE) for row in FACTS.wordings]
    first = "Busiest on Tuesdays, 20:00–21:00; "

    def lead(**changed: object) -> str:
        return in_words(overview(replace(FACTS, **changed)))[0]  # type: ignore[arg-type]

    assert lead(issues=unseen).endswith(
        "(28 times); the data does not show whether issues are answered."
    )
    assert lead(issues=[], wordings=alone) == (
        f"{first}51 questions, none of them similar enough to form a topic."
    )
    assert lead(issues=[], questions=[]) == f"{first}nothing was asked."


def test_questions_without_a_topic_have_their_wordings_too() -> None:
    # Given the questions of one topic, of which the other two were made single ones
    alone = [row._replace(topic=NONE) if row.topic else row for row in FACTS.wordings]

    texts = overview_texts(overview(replace(FACTS, wordings=alone)), FACTS, ALL, EN, has_texts=True)

    topic, others = texts.topics
    assert (shown(topic.name), topic.times) == ("como emito o certificado?", "28")
    assert (others.name, others.times) == ("Other questions", "23")
    assert [(shown(text), shown(times)) for text, times in others.wordings] == [
        ("why is the Athena table empty?", "14"),
        ("quando sai a nota?", "9"),
    ]


def test_topics_and_people_as_frequent_as_the_first_are_counted() -> None:
    tied = tied_facts()

    texts = overview_texts(overview(tied), tied, ALL, EN, has_texts=True)

    assert "tied with 2 other topics" in lines_of(texts, "what")
    assert "tied with 2 other people" in lines_of(texts, "who")


def test_the_slowest_chat_is_first_and_chats_without_answers_are_last() -> None:
    silent = replace(FACTS, issues=[row for row in FACTS.issues if row.chat != PRIVATE])

    assert [row.chat for row in overview().chats] == [FORUM, TURMA, PRIVATE]
    assert [(row.chat, row.seconds) for row in overview(silent).chats] == [
        (FORUM, 3_600),
        (TURMA, 600),
        (PRIVATE, None),
    ]


def test_few_answers_make_no_chat_the_slowest() -> None:
    days = MIN_ANSWERS - 1
    short = FactFilter(ALL.last - days + 1, ALL.last)

    assert overview(chosen=short).slowest is None
    assert in_words(overview(chosen=short))[-2] == (
        "Fewer than two chats have enough answers to compare."
    )


def test_a_chat_whose_answers_other_messages_get_as_well_is_not_called_the_slowest() -> None:
    # Given a forum, the slowest chat, in which other messages are answered as often as questions
    alike = [
        row._replace(answered_placebos=row.answered_singles) if row.chat == FORUM else row
        for row in FACTS.placebos
    ]

    counts = overview(replace(FACTS, placebos=alike))

    assert counts.chats[0].chat == FORUM
    assert counts.slowest is not None
    assert counts.slowest.chat == TURMA


def test_hours_that_are_as_busy_as_the_busiest_are_counted() -> None:
    written = [HourFact(ALL.first, slot, TURMA, 3) for slot in (20, 30, 40)]
    facts = replace(FACTS, messages=[*written, HourFact(ALL.first, 50, TURMA, 2)])

    texts = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)

    assert lines_of(texts, "when") == [
        "Mondays, 20:00–21:00",
        "3 of 11 messages (27%)",
        "tied with 2 other hours",
    ]


def test_what_one_kind_of_chat_can_show_only_has_no_place_on_the_page() -> None:
    # Given questions in private chats with the bot alone
    facts = replace(
        FACTS,
        messages=[row for row in FACTS.messages if row.chat == PRIVATE],
        people_days=[row for row in FACTS.people_days if row.chat == PRIVATE],
        questions=[row for row in FACTS.questions if row.chat == PRIVATE],
        issues=[row for row in FACTS.issues if row.is_private],
        placebos=(),
        chats=FACTS.chats[:1],
    )

    texts = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)

    assert "slow" not in [tile.name for tile in texts.tiles]
    assert [column.title for column in texts.weeks.columns] == ["Week of", "Questions", "Answered"]


def test_weeks_of_earlier_years_have_their_year() -> None:
    facts = replace(FACTS, first=date(2026, 11, 23))

    texts = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)

    assert [row[0] for row in texts.weeks.rows] == ["11 Jan", "4 Jan", "28 Dec 2026", "21 Dec 2026"]


def test_a_chat_is_counted_alone() -> None:
    counts = overview(chosen=of_chat(FORUM))

    assert [row.chat for row in counts.chats] == [FORUM]
    assert counts.current.private.seen == 0
    assert counts.current.elsewhere.answered == Share(28, 56)
    assert sum(counts.current.written) == 28 * 8 + 12 * 2


def test_of_a_person_questions_are_counted_by_hour_and_nothing_is_compared_with_a_placebo() -> None:
    chosen = FactFilter(ALL.first, ALL.last, person=0)

    counts = overview(chosen=chosen)

    assert sum(counts.current.written) == counts.current.questions
    assert counts.current.test is None
    assert [row.person for row in counts.askers] == [0]
    lead, busiest, *_ = in_words(counts, chosen)
    assert lead.startswith("Asks most on Wednesdays, 9:00–10:00; asked most: ")
    assert busiest == "Wednesdays, 9:00–10:00"


def test_small_talk_is_stated_of_what_is_selected_and_only_if_there_is_any() -> None:
    def note(chosen: FactFilter, facts: Facts = FACTS, fmt: Formatter = EN) -> str:
        counts = overview(facts, chosen)
        return overview_texts(counts, facts, chosen, fmt, has_texts=True).small_talk_note

    last_day = FactFilter(ALL.last, ALL.last)
    its_chat, its_person = (FACTS.small_talk[-1].chat, FACTS.small_talk[-1].person)
    english = "Not counted as questions: greetings, thanks and other small talk to the bot ({})."

    assert note(ALL) == english.format(56)
    assert note(replace(last_day, chat=its_chat, person=its_person)) == english.format(2)
    assert note(replace(last_day, chat=its_chat + 1 if its_chat < 2 else 0)) == ""
    assert note(replace(last_day, person=its_person + 1 if its_person < 2 else 0)) == ""
    assert note(ALL, replace(FACTS, small_talk=())) == ""
    assert note(last_day, fmt=PT).endswith("mensagens ao bot que não pedem nada (2).")


def test_answers_that_the_placebo_has_as_well_are_no_finding() -> None:
    alike = [row._replace(answered_placebos=row.answered_singles) for row in FACTS.placebos]

    words = in_words(overview(replace(FACTS, placebos=alike)))

    assert "50%; same rule on messages that ask nothing: 50%; no clear difference" in words
    assert words[0].endswith("chats: 50%; elsewhere: can't be told from chance.")
    assert "elsewhere: can't be told from chance" in words
    assert any("answered elsewhere: can't be told from chance." in line for line in words)


def test_answers_in_one_kind_of_chat_are_not_said_to_be_those_of_groups() -> None:
    # Given only conversations of a business, whose owner may have answered by chance
    facts = replace(
        FACTS,
        issues=[row._replace(chat=PRIVATE, is_private=False) for row in FACTS.issues],
        placebos=[row._replace(answered_placebos=row.answered_singles) for row in FACTS.placebos],
    )

    words = in_words(overview(facts))

    assert words[0].endswith("(28 times); issues answered: can't be told from chance.")
    assert any("Issues answered: can't be told from chance." in line for line in words)


def test_questions_of_earlier_issues_are_not_called_nothing() -> None:
    # Given questions that belong to issues of earlier days
    facts = replace(FACTS, issues=[])

    texts = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)

    earlier = "These questions belong to issues that began before, or to other people's."
    assert lines_of(texts, "help") == ["–", earlier]
    assert [shown(topic.answered) for topic in texts.topics] == [earlier] * 3


def test_the_number_of_questions_decides_their_noun() -> None:
    week = (ALL.last - 6, ALL.last)
    asked = [row for row in FACTS.questions if not week[0] <= row.day <= week[1]]
    facts = replace(FACTS, questions=[*asked, FACTS.questions[-1]])

    texts = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)

    assert lines_of(texts, "change")[-1] == "week of 26 Oct: from 14 to 1 question"


def test_the_previous_period_is_compared_only_if_the_data_covers_it() -> None:
    last_week = FactFilter(ALL.last - 6, ALL.last)
    first_week = FactFilter(0, 6)
    late = [chat._replace(since=ALL.first) for chat in FACTS.chats]

    assert overview(chosen=last_week).previous is not None
    assert overview(chosen=first_week).previous is None
    assert overview(replace(FACTS, chats=late), of_chat(FORUM)).previous is None
    assert overview(replace(FACTS, chats=late)).previous is not None


def test_weeks_are_compared_only_if_both_are_whole_and_over() -> None:
    counts = build_overview(FACTS, ALL, ALL.last - 1)

    assert [week.is_complete for week in counts.weeks] == [True, True, True, False]
    assert counts.last_weeks is not None
    assert [str(week.monday) for week in counts.last_weeks] == ["2026-10-19", "2026-10-12"]
    midweek = whole_period(FACTS, Period(PERIOD.weeks()[0], PERIOD.weeks()[0].replace(day=8)))
    assert overview(chosen=midweek).last_weeks is None


def test_rare_topics_and_wordings_are_counted_as_others() -> None:
    counts = overview(made_facts(texts=[f"{number}?" for number in range(TOP_TOPICS + 3)]))
    assert len(counts.topics) == TOP_TOPICS

    # Given a topic whose every question is worded differently
    facts = FACTS.wordings[0]
    wordings = [facts._replace(text=f"{number:02d}?") for number in range(TOP_WORDINGS + 3)]
    questions = [QuestionFact(ALL.first, 0, 0, 0, place) for place, _ in enumerate(wordings)]
    (topic,) = overview(replace(FACTS, wordings=wordings, questions=questions)).topics

    assert [(row.place, row.questions) for row in topic.wordings[-2:]] == [(7, 1), (NONE, 3)]
    assert topic.questions == TOP_WORDINGS + 3


def test_a_period_without_facts_has_an_overview() -> None:
    empty = Facts(FACTS.first)

    counts = overview(empty)

    texts = overview_texts(counts, empty, ALL, EN, has_texts=False)
    assert shown(texts.lead) == "Nothing was written."
    assert lines_of(texts, "what")[1].startswith("Texts are not kept")
    assert lines_of(texts, "help") == lines_of(texts, "who") == ["–"]
    assert lines_of(texts, "change") == ["–"]
    finding = "Texts are not kept (TG_DROP_TEXT), so there are no questions."
    assert [texts.weeks.finding, shown(texts.askers.finding)] == [finding] * 2


def test_issues_whose_answers_are_not_visible_are_counted_apart() -> None:
    unseen = FACTS.issues[0]._replace(day=ALL.first, chat=PRIVATE, outcome=UNSEEN)
    facts = Facts(
        FACTS.first,
        messages=[HourFact(ALL.first, 0, 0, 1)],
        issues=[unseen] * 2,
        placebos=[PlaceboFact(ALL.first, 0, 0, 0, 0, 0)],
        chats=FACTS.chats[:1],
        private_chat=0,
        topics=FACTS.topics,
    )

    texts = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)

    assert lines_of(texts, "help") == ["–", "answers not visible: 2 issues"]


def test_that_the_bot_did_not_know_is_stated_where_it_was_recognized_and_never_as_none() -> None:
    issues = [*FACTS.issues]
    place = next(n for n, each in enumerate(issues) if each.is_private and each.day >= ALL.first)
    issues[place] = issues[place]._replace(outcome=FALLBACK)
    facts = replace(FACTS, issues=issues)

    found = overview_texts(overview(facts), facts, ALL, EN, has_texts=True)
    none = overview_texts(overview(), FACTS, ALL, EN, has_texts=True)

    assert any("bot did not know: 2%" in line for line in lines_of(found, "help"))
    assert not any("did not know" in line for line in lines_of(none, "help"))
