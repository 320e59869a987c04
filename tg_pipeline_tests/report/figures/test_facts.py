"""Facts: their numbers, their limits, and what is left out of them."""

from datetime import date, timedelta
from typing import Any

from tg_pipeline.report.facts import (
    MAX_CHATS,
    MAX_PEOPLE,
    MAX_WORDINGS,
    NONE,
    PRIVATE,
    ChatFact,
    ChatRow,
    FactRows,
    IssueRow,
    QuestionRow,
    Text,
    build_facts,
)
from tg_pipeline.report.models import Health, Period
from tg_pipeline.report.queries import read_report_data
from tg_pipeline_tests.report.figures.hand_made import Row, hand_made, local
from tg_pipeline_tests.report.made_facts import made_facts

DAY = date(2026, 10, 7)
"""A Wednesday."""

PERIOD = Period(DAY, DAY + timedelta(days=3))
BEFORE = PERIOD.previous()


def asked(text: str, person: int | None = 1, chat: int = -1, topic: int = 0) -> QuestionRow:
    return QuestionRow(DAY, 0, chat, person, 7, topic, f"topic {topic}", topic, "group", text, "pt")


def on(day: date, **row: Any) -> Row:
    return {"context_date": day, **row}


def test_chats_people_and_wordings_are_numbered_by_how_often_they_occur() -> None:
    questions = [asked("quando?", 5), asked("quando?", 4), asked("onde?", 4), asked("e\n ela?", 4)]
    rows = FactRows(
        messages=[(DAY, 9, -2, 5), (DAY, 9, PRIVATE, 9), (DAY, 10, -1, 4)],
        questions=questions,
        chats=[ChatRow(-2, "Turma\u202e 3", DAY), ChatRow(PRIVATE, None, DAY)],
    )

    facts = build_facts(rows, DAY)

    assert facts.people_ids == [4, 5]
    assert facts.private_chat == 0
    assert facts.chats == [ChatFact(None, 0), ChatFact("Turma 3", 0), ChatFact(None, 0)]
    assert [wording.text for wording in facts.wordings] == ["quando?", "e ela?", "onde?"]
    assert [question.wording for question in facts.questions] == [0, 0, 2, 1]


def test_chats_people_and_wordings_beyond_the_limits_are_counted_without_names() -> None:
    many = range(1, MAX_WORDINGS + 3)
    rows = FactRows(
        messages=[(DAY, 9, -number, 1) for number in range(1, MAX_CHATS + 3)],
        questions=[asked(f"{number:04d}?", number) for number in many],
    )

    facts = build_facts(rows, DAY)

    assert len(facts.chats) == MAX_CHATS + 1
    assert facts.other_chats == MAX_CHATS
    assert [row.chat for row in facts.messages if row.chat == MAX_CHATS] == [MAX_CHATS] * 2
    assert len(facts.people_ids) == MAX_PEOPLE
    assert len({question.person for question in facts.questions}) == len(many)
    assert [wording.text is None for wording in facts.wordings[-3:]] == [False, True, True]


def test_a_question_without_a_topic_or_a_known_person_is_counted_all_the_same() -> None:
    facts = build_facts(FactRows(questions=[asked("quando?", None, topic=-1)]), DAY)

    assert facts.questions[0].person == NONE
    assert facts.wordings == [Text("quando?", "pt", NONE, NONE)]
    assert facts.topics == []


def test_a_topic_of_several_bots_is_one_although_each_bot_has_its_own_number_for_it() -> None:
    # Given a topic of the operator that two bots are asked about, and another one of the first
    named: dict[str, Any] = {"topic_name": "Freight", "group_name": "quanto é o frete?"}
    first = asked("quanto é o frete?")._replace(**named, topic_id=1, group_id=5)
    second = first._replace(bot_id=8, topic_id=2, group_id=9, person=2)
    other = asked("quando?", topic=0)._replace(group_id=3)
    issue = IssueRow(
        DAY, -1, 2, 8, 2, is_private=False, outcome="bot", is_asked_again=False, seconds=1
    )

    facts = build_facts(FactRows(questions=[other, first, second], issues=[issue]), DAY)

    assert [topic.text for topic in facts.topics] == ["Freight", "topic 0"]
    assert [group.text for group in facts.groups] == ["quanto é o frete?", "group"]
    assert [question.wording for question in facts.questions] == [1, 0, 0]
    assert facts.wordings[0] == Text("quanto é o frete?", "pt", 0, 0)
    assert facts.issues[0].topic == 0


def test_facts_are_of_the_previous_period_too_and_of_all_private_chats_as_one() -> None:
    # Given a private chat, and a group that became a supergroup; the day before is not covered
    chat = {"title": None, "newest_chat_id": 5, "type": "private", "first_seen_on": BEFORE.first}
    asked_in = {"chat_id": -100, "chat_id_then": -100, "message_id": 1}
    rows: dict[str, list[Row]] = {
        "chats": [
            {"chat_id": 5, **chat},
            {**chat, "chat_id": -1, "newest_chat_id": -100, "type": "group", "title": "Antes"},
            {**chat, "chat_id": -100, "newest_chat_id": -100, "type": "supergroup", "title": "Já"},
        ],
        "users": [{"user_id": 9, "first_name": "Ana"}],
        "hourly_activity": [
            on(BEFORE.first, chat_id=-1, weekday=6, hour=9, messages=2),
            on(PERIOD.last, chat_id=-100, weekday=6, hour=9, messages=3),
            on(PERIOD.last, chat_id=5, weekday=6, hour=9, messages=1),
            on(BEFORE.first - timedelta(days=1), chat_id=5, messages=1),
        ],
        "user_activity": [on(DAY, chat_id=5, user_id=9, actions=1, messages=1)],
        "questions": [
            {**asked_in, "user_id": 9, "sent_at": local(DAY, 23)}
            | {"text": "quando?", "topic_id": 3, "topic_name": "quando?", "group_id": 4},
            {"chat_id": -100, "message_id": 2, "sent_at": local(DAY), "is_copy": True},
        ],
        "threads": [
            {**asked_in, "user_id": 9, "asked_at": local(DAY, 23)}
            | {"is_issue_start": True, "outcome": "answered", "answered_by": "human"}
            | {"seconds_to_answer": 60},
        ],
        "small_talk": [
            {"chat_id": -1, "user_id": 9, "sent_at": local(BEFORE.first, 0)},
            {"chat_id": -100, "user_id": 9, "sent_at": local(BEFORE.first, 23)},
            {"chat_id": 5, "user_id": 8, "sent_at": local(PERIOD.last, 23)},
            {"chat_id": 5, "user_id": 8, "sent_at": local(PERIOD.last + timedelta(days=1), 0)},
            {"chat_id": 5, "user_id": 8, "sent_at": local(PERIOD.last), "is_copy": True},
        ],
    }

    facts = read_report_data(hand_made(rows), PERIOD, Health(first_day=BEFORE.first)).facts

    assert facts is not None
    assert facts.first == BEFORE.first
    assert facts.chats == [ChatFact("Já", 0), ChatFact(None, 0)]
    assert [(row.day, row.slot, row.chat, row.messages) for row in facts.messages] == [
        (0, 129, 0, 2),
        (7, 129, 0, 3),
        (7, 129, 1, 1),
    ]
    assert facts.people == ["Ana", "8"]
    assert facts.questions[0][:4] == (4, 2 * 24 + 23, 0, 0)
    assert (facts.issues[0].topic, facts.issues[0].seconds) == (0, 60)
    assert facts.small_talk == [(0, 0, 0, 2), (7, 1, 1, 1)]


def test_facts_begin_with_the_data() -> None:
    facts = read_report_data(hand_made({}), PERIOD, Health(first_day=DAY)).facts

    assert facts is not None
    assert facts.first == DAY


def test_without_names_people_are_numbers_and_mentions_are_masked() -> None:
    facts = made_facts(texts=("@ana, quando?",)).without_names(["Person 1", "Person 2", "Person 3"])

    assert facts.people == ["Person 1", "Person 2", "Person 3"]
    for texts in (facts.topics, facts.groups, facts.wordings):
        assert texts[0].text == "@…, quando?"


def test_a_private_chat_is_one_of_all_also_if_its_updates_have_expired() -> None:
    # Given the counts of a private chat that `chats` no longer has, and a vote, which has no chat
    rows: dict[str, list[Row]] = {
        "hourly_activity": [on(DAY, chat_id=5, weekday=1, messages=1)],
        "user_activity": [
            on(DAY, chat_id=5, user_id=5, actions=1, messages=1),
            on(DAY, chat_id=None, user_id=9, actions=1),
        ],
    }

    facts = read_report_data(hand_made(rows), PERIOD, Health(first_day=BEFORE.first)).facts

    assert facts is not None
    assert (facts.private_chat, len(facts.chats)) == (0, 1)
    assert [row.person for row in facts.people_days] == [0]


def test_a_supergroup_that_was_not_seen_has_the_name_of_the_group_that_it_was() -> None:
    chat = {"chat_id": -1, "newest_chat_id": -100, "type": "group", "title": "Antes"}
    rows = {"chats": [chat], "hourly_activity": [on(DAY, chat_id=-1, weekday=1, messages=1)]}

    facts = read_report_data(hand_made(rows), PERIOD, Health(first_day=BEFORE.first)).facts

    assert facts is not None
    assert [each.name for each in facts.chats] == ["Antes"]
