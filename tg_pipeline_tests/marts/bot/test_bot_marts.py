"""The bot's side: its calls, what it answers in private chats, and who starts and blocks it."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

import pyarrow as pa
import pytest

from tg_pipeline.marts.bot_daily import BLOCKS, BOT_CALLS, BUTTONS
from tg_pipeline.marts.cumulative import (
    ANSWERS,
    CONTAINMENT,
    FALLBACK_ANSWERS,
    MESSAGES,
    QUESTIONS,
    THREADS,
)
from tg_pipeline.marts.daily import (
    COMMANDS,
    CONTENT_MIX,
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    USER_ACTIVITY,
)
from tg_pipeline.marts.mart import Mart
from tg_pipeline.marts.people import BOTS, CHATS, RETENTION, SOURCES
from tg_pipeline.questions import QUESTIONS_SCHEMA
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.bot.bot_lines import (
    BLOCKED,
    TOO_MANY,
    TOPICS,
    call,
    chats_about,
    exported,
    replied_to_webhook,
    sent,
)
from tg_pipeline_tests.marts.conftest import DAY, Cells, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    Payload,
    chat,
    command,
    edit,
    membership,
    message,
    press,
    second,
)

NINE = "2026-10-07 09:00"

SUPERGROUP = -1_001_000_000_007


def asks(at: str, text: str = "como faço?", person: int = ANA, message_id: int = 1) -> Payload:
    """Return a message in the person's private chat with the bot."""
    return message(at, person, text, message_id, chat_id=person)


# Calls


def test_calls_are_counted_by_their_outcome_and_an_album_once(marts: Marts) -> None:
    # Given a message, an album of two, an edit, three refusals, and a reply in a webhook's response
    picture = {"date": second(NINE), "chat": chat(ANA), "from": {"id": BOT, "is_bot": True}}
    album = [picture | {"message_id": number, "photo": []} for number in (2, 3)]
    edited = picture | {"message_id": 1, "edit_date": second(NINE), "text": "oi!"}
    to_ana = {"chat_id": ANA, "text": "oi"}
    not_found = {"error_code": 400, "description": "Bad Request: chat not found"}
    lines = [
        [sent(NINE, "oi", 1, ANA)],
        call(NINE, "sendMediaGroup", {"chat_id": ANA}, album, milliseconds=300),
        call(NINE, "editMessageText", to_ana | {"message_id": 1}, edited),
        call(NINE, "sendMessage", to_ana, error=BLOCKED, milliseconds=20),
        call(NINE, "sendMessage", to_ana, error=TOO_MANY, milliseconds=20),
        call(NINE, "sendMessage", to_ana, error=not_found, milliseconds=40),
        [replied_to_webhook(NINE, "oi", ANA)],
    ]
    marts.put(*chain.from_iterable(lines))

    counts = "calls messages succeeded failed blocked rate_limited other_errors unknown median_ms"
    assert marts.rows(BOT_CALLS, f"method source {counts}") == [
        ("editMessageText", "proxy", 1, 0, 1, 0, 0, 0, 0, 0, 80),
        ("sendMediaGroup", "proxy", 1, 2, 1, 0, 0, 0, 0, 0, 300),
        ("sendMessage", "proxy", 4, 1, 1, 3, 1, 1, 1, 0, 30),
        ("sendMessage", "webhook_reply", 1, 1, 0, 0, 0, 0, 0, 1, None),
    ]


def test_messages_have_what_the_bot_sent_as_it_reads_now(marts: Marts) -> None:
    # Given an answer that the bot edits, and a call that sends nothing
    first = sent("2026-10-07 09:00:02", "Um momento…", 2, ANA)
    result = first["bot_call"]["result"] | {"text": "Assim.", "edit_date": second(NINE) + 9}
    refused = call(NINE, "sendMessage", {"chat_id": CAIO, "text": "oi"}, error=BLOCKED)
    changed = call("2026-10-07 09:00:09", "editMessageText", {"chat_id": ANA}, result)
    marts.put(asks(NINE), first, *changed, *refused)

    columns = "origin is_own is_bot is_written person_id text first_text edits"
    assert marts.rows(MESSAGES, columns) == [
        ("update", False, False, True, ANA, "como faço?", None, 0),
        ("call", True, True, False, None, "Assim.", "Um momento…", 1),
    ]
    # And the chat that nothing was sent to is no chat that was seen
    assert marts.rows(CHATS, "chat_id") == [(ANA,)]


PEOPLES_FIGURES: list[tuple[Mart, str]] = [
    (DAILY_ACTIVITY, "chat_id messages edits users"),
    (HOURLY_ACTIVITY, "chat_id hour messages users"),
    (USER_ACTIVITY, "user_id messages edits actions"),
    (CONTENT_MIX, "content_type messages users"),
    (COMMANDS, "command uses"),
    (BOTS, "bot_id updates"),
]


@pytest.mark.parametrize(("mart", "columns"), PEOPLES_FIGURES, ids=lambda each: str(each)[:15])
def test_figures_about_people_stay_the_same_if_the_bots_calls_are_recorded(
    marts: Marts, mart: Mart, columns: str
) -> None:
    said = [
        command(NINE, ANA, "/ajuda", 1, chat_id=ANA),
        message(NINE, BIA, "oi", 1, chat_id=SUPERGROUP),
    ]
    marts.put(*said)
    alone = marts.rows(mart, columns)

    # When the same day is built with the bot's own messages and edits
    answer = sent(NINE, "/ajuda mostra isto", 2, ANA)
    result = answer["bot_call"]["result"] | {"text": "x", "edit_date": second(NINE) + 5}
    marts.put(*said, answer, *call(NINE, "editMessageText", {"chat_id": ANA}, result))

    assert marts.rows(mart, columns) == alone


# History


def test_exported_messages_count_like_live_ones(marts: Marts) -> None:
    marts.put(
        exported(NINE, ANA, "oi", 1, SUPERGROUP),
        exported("2026-10-07 10:00", BIA, "olá", 2, SUPERGROUP, media_type="sticker"),
        exported("2026-10-07 10:01", BOT, "bem-vindas", 3, SUPERGROUP),
    )

    assert marts.rows(DAILY_ACTIVITY, "chat_id messages users") == [(SUPERGROUP, 2, 2)]
    assert marts.rows(HOURLY_ACTIVITY, "hour messages") == [(9, 1), (10, 1)]
    assert marts.rows(USER_ACTIVITY, "user_id messages actions is_history") == [
        (ANA, 1, 1, True),
        (BIA, 1, 1, True),
    ]
    assert marts.rows(CONTENT_MIX, "content_type messages") == [("sticker", 1), ("text", 1)]
    assert marts.rows(MESSAGES, "origin is_own is_written") == [
        ("export", False, True),
        ("export", False, True),
        ("export", True, False),
    ]
    # And a bot that got no update has none
    assert marts.rows(BOTS, "updates first_update_on") == [(0, None)]


def test_an_exported_message_that_was_edited_has_no_known_first_text(marts: Marts) -> None:
    reactions = [{"type": "emoji", "emoji": "👍", "count": 3}]
    edited = str(second("2026-10-07 09:05"))
    text = exported(NINE, ANA, "depois", 1, SUPERGROUP, edited_unixtime=edited, reactions=reactions)
    marts.put(text)

    columns = "text first_text edits edited_at reaction_names reaction_counts"
    assert marts.rows(MESSAGES, columns) == [("depois", None, 0, None, ["👍"], [3])]


def test_a_live_edit_of_an_exported_message_counts_if_its_text_differs(marts: Marts) -> None:
    # Given a message and a picture of an export, and the updates about their later edits
    live = message(NINE, ANA, "antes", 1, chat_id=SUPERGROUP)
    photo = message(NINE, ANA, None, 2, chat_id=SUPERGROUP, caption="foto", photo=[])
    marts.put(
        exported(NINE, ANA, "antes", 1, SUPERGROUP),
        exported(NINE, ANA, "foto", 2, SUPERGROUP, photo="(File not included.)"),
        edit(live, "2026-10-07 09:05", "depois"),
        edit(photo, "2026-10-07 09:05"),
    )

    assert marts.rows(DAILY_ACTIVITY, "messages edits") == [(2, 1)]
    assert marts.rows(USER_ACTIVITY, "messages edits") == [(2, 1)]
    assert marts.rows(MESSAGES, "text first_text edits") == [
        ("depois", "antes", 1),
        ("foto", None, 0),
    ]


def test_the_history_of_one_private_chat_does_not_make_newcomers_of_others(marts: Marts) -> None:
    # Given the history of Bia's chat, and Ana, who writes on the first day of the updates
    before = DAY - timedelta(days=60)
    marts.put(exported(f"{before} 09:00", BIA, "oi", 1, BIA), day=before)
    marts.put(asks(NINE, "oi", ANA))

    # Then both may have been there before
    assert marts.rows(RETENTION, "cohort_week") == []


# Answers in private chats

OUTCOMES = "is_answer_visible outcome answered_by answered_through seconds_to_answer"

ANSWERED = (True, "answered", "bot", "only_other", 5)
UNANSWERED = (True, "unanswered", None, None, None)
UNSEEN = (False, "unseen", None, None, None)


def recorded(at: str) -> Payload:
    """Return a call that shows that the proxy was there."""
    (line,) = call(at, "getChat", {"chat_id": CAIO}, result={"id": CAIO})
    return line


PRIVATE: dict[str, tuple[list[Payload], tuple[Any, ...]]] = {
    "the bot's next message": (
        [asks(NINE), sent("2026-10-07 09:00:05", "assim", 2, ANA)],
        ANSWERED,
    ),
    "a reply, after other messages": (
        [
            asks(NINE),
            sent("2026-10-07 08:59", "oi", 2, ANA),
            sent("2026-10-07 09:30", "assim", 4, ANA, reply_to_message={"message_id": 1}),
        ],
        (True, "answered", "bot", "reply", 1800),
    ),
    "silence of a bot whose calls are recorded": (
        [recorded("2026-10-07 08:00"), asks(NINE)],
        UNANSWERED,
    ),
    "a question long before the first recorded call": (
        [asks(NINE), sent("2026-10-07 12:00", "aviso", 2, ANA)],
        UNSEEN,
    ),
    "a bot whose calls are not recorded": ([asks(NINE)], UNSEEN),
    "only replies in the response to a webhook": (
        [asks(NINE), replied_to_webhook("2026-10-07 09:00:05", "assim", ANA)],
        UNSEEN,
    ),
    "a webhook reply of a bot whose other calls are recorded": (
        [
            recorded("2026-10-07 08:00"),
            asks(NINE),
            replied_to_webhook("2026-10-07 09:00:05", "assim", ANA),
        ],
        ANSWERED,
    ),
    "an exported question and its answer": (
        [
            exported(NINE, ANA, "como faço?", 1, ANA),
            exported("2026-10-07 09:00:05", BOT, "assim", 2, ANA),
        ],
        ANSWERED,
    ),
    "an exported answer within the same second": (
        [exported(NINE, ANA, "como faço?", 10, ANA), exported(NINE, BOT, "assim", 11, ANA)],
        (True, "answered", "bot", "only_other", 0),
    ),
    "an exported question that nobody answered": (
        [exported(NINE, ANA, "como faço?", 1, ANA)],
        UNANSWERED,
    ),
}


@pytest.mark.parametrize("scenario", PRIVATE)
def test_a_question_in_a_private_chat_is_answered_by(marts: Marts, scenario: str) -> None:
    lines, outcome = PRIVATE[scenario]
    marts.put(*lines)

    assert marts.rows(ANSWERS, OUTCOMES) == [outcome]
    assert marts.rows(THREADS, OUTCOMES) == [outcome]


@pytest.mark.parametrize(("days_between", "is_visible"), [(7, True), (8, False)])
def test_a_day_without_calls_is_recorded_between_two_that_are_at_most_a_week_apart(
    marts: Marts, days_between: int, *, is_visible: bool
) -> None:
    before = DAY - timedelta(days=1)
    after = before + timedelta(days=days_between)
    marts.put(recorded(f"{before} 09:00"), day=before)
    marts.put(asks(NINE))
    marts.put(recorded(f"{after} 09:00"), day=after)

    assert marts.rows(ANSWERS, "is_answer_visible") == [(is_visible,)]


def test_there_is_no_placebo_in_private_chats(marts: Marts) -> None:
    marts.put(
        asks(NINE),
        sent("2026-10-07 09:00:05", "assim", 2, ANA),
        asks("2026-10-07 09:10", "entendi", message_id=3),
        sent("2026-10-07 09:10:05", "que bom", 4, ANA),
    )

    assert marts.rows(ANSWERS, "message_id is_question is_private") == [(1, True, True)]


def test_in_a_group_the_bots_own_answer_is_evidence(marts: Marts) -> None:
    result: Payload = {"chat": chat(GROUP), "reply_to_message": {"message_id": 1}}
    marts.put(message(NINE, ANA, "como faço?", 1), sent(NINE, "assim", 2, GROUP, **result))

    assert marts.rows(ANSWERS, OUTCOMES) == [(True, "answered", "bot", "reply", 0)]


# Containment and fallback answers


def test_the_same_text_after_different_questions_is_a_fallback_answer(marts: Marts) -> None:
    marts.put(*chats_about(TOPICS, "Não sei responder isso."))

    assert marts.rows(FALLBACK_ANSWERS, "text answers chats") == [("Não sei responder isso.", 5, 5)]
    assert marts.rows(THREADS, "outcome is_fallback answer_message_id") == [
        ("unanswered", True, None)
    ] * len(TOPICS)
    counts = "issues answered fallback silent contained fallback_share"
    assert marts.rows(CONTAINMENT, counts) == [(5, 0, 5, 0, 0, 1.0)]


NO_FALLBACKS: dict[str, list[Payload]] = {
    "the same answer to the same question": chats_about(
        ("como troco a senha?", "esqueci a senha?", "nova senha?", "e a senha?", "senha?"),
        "No menu, em Conta.",
    ),
    "a text that an answer follows": [
        line
        for number, topic in enumerate(TOPICS)
        for line in chats_about(TOPICS[: number + 1], "Um momento…", f"Sobre {topic}")[3 * number :]
    ],
    "the same text in four chats": chats_about(TOPICS[:4], "Não sei."),
    "a greeting after a command": [
        line
        for number in range(5)
        for line in (
            command(f"2026-10-07 09:0{number}", ANA, "/start", 3 * number + 1, chat_id=ANA),
            sent(f"2026-10-07 09:0{number}", "Bem-vinda!", 3 * number + 2, ANA),
        )
    ],
}


@pytest.mark.parametrize("scenario", NO_FALLBACKS)
def test_no_fallback_answer_is(marts: Marts, scenario: str) -> None:
    marts.put(*NO_FALLBACKS[scenario])

    assert marts.rows(FALLBACK_ANSWERS, "text") == []
    assert all(row == (False,) for row in marts.rows(THREADS, "is_fallback"))


def answered_twice(seconds_apart: int) -> list[Payload]:
    again = second(NINE) + seconds_apart
    later = asks(NINE, message_id=3)
    later["message"]["date"] = again
    reply = sent(NINE, "assim", 4, ANA, date=again + 5)
    reply["bot_call"]["date"] = again + 5
    return [asks(NINE), sent("2026-10-07 09:00:05", "assim", 2, ANA), later, reply]


@pytest.mark.parametrize("seconds_apart", [60, 3 * 3600])
def test_asked_again_after_an_answer_is_not_contained(marts: Marts, seconds_apart: int) -> None:
    # Given the same question twice, in one issue (after a minute) or in two (after hours)
    marts.put(*answered_twice(seconds_apart))

    ((_, answered, again, contained),) = marts.rows(
        CONTAINMENT, "issues answered asked_again contained"
    )
    assert again == 1
    assert contained == answered - 1


@pytest.mark.parametrize(("responds_between", "issues"), [(False, 1), (True, 2)])
def test_what_a_person_writes_in_pieces_is_one_issue_until_the_bot_responds(
    marts: Marts, issues: int, *, responds_between: bool
) -> None:
    between = [sent("2026-10-07 09:00:10", "qual?", 2, ANA)] if responds_between else []
    marts.put(
        asks(NINE, "boleto?"),
        *between,
        asks("2026-10-07 09:00:40", "segunda via?", message_id=3),
        sent("2026-10-07 09:00:45", "assim", 4, ANA),
    )

    assert marts.rows(CONTAINMENT, "issues answered silent") == [(issues, issues, 0)]


# Where people come from, and who leaves


def starts(at: str, person: int, payload: str = "") -> Payload:
    return command(at, person, f"/start {payload}".strip(), 1, chat_id=person)


def test_a_person_has_the_source_of_the_first_start(marts: Marts) -> None:
    # Given three people, one with two sources, and those who are back after a week and four weeks
    days = {number: DAY + timedelta(days=number) for number in (0, 3, 7, 28)}
    marts.put(starts(NINE, ANA, "site"), starts(NINE, BIA), asks(NINE, "oi", CAIO))
    marts.put(
        starts(f"{days[3]} 09:00", ANA, "poster"), starts(f"{days[3]} 09:00", CAIO), day=days[3]
    )
    marts.put(asks(f"{days[7]} 09:00", "oi", ANA), day=days[7])
    marts.put(asks(f"{days[28]} 09:00", "oi", BIA), day=days[28])

    # Then Caio is not new, since he wrote before
    for month in (DAY, days[28]):
        marts.build(SOURCES, month)
    columns = "source users new_users eligible_7 returned_7 eligible_28 returned_28"
    assert marts.rows(SOURCES, columns) == [
        ("site", 1, 1, 1, 1, 1, 0),
        (None, 1, 1, 1, 1, 1, 1),
        (None, 1, 0, 0, 0, 0, 0),
    ]


def test_people_whose_days_are_not_over_are_not_eligible(marts: Marts) -> None:
    marts.put(starts(NINE, ANA, "c2l0ZQ=="))

    assert marts.rows(SOURCES, "source users eligible_7 eligible_28") == [("c2l0ZQ==", 1, 0, 0)]


def blocks_bot(at: str, person: int, change: str) -> Payload:
    found = membership(at, person, BOT, change, kind="my_chat_member")
    found["my_chat_member"]["chat"] = chat(person)
    return found


def test_blocks_are_those_in_private_chats(marts: Marts) -> None:
    marts.put(
        *(blocks_bot(NINE, person, "member → kicked") for person in (ANA, BIA)),
        blocks_bot("2026-10-07 10:00", ANA, "kicked → member"),
        membership(NINE, ANA, BOT, "member → kicked", kind="my_chat_member"),
        *call(NINE, "sendMessage", {"chat_id": CAIO}, error=BLOCKED),
        *call(NINE, "sendPhoto", {"chat_id": CAIO}, error=BLOCKED),
    )

    columns = "blocked unblocked net people_blocked people_unreachable"
    assert marts.rows(BLOCKS, columns) == [(2, 1, 1, 2, 1)]


def test_buttons_are_named_by_the_beginning_of_their_data(marts: Marts) -> None:
    silent = press(BIA, "x")
    del silent["callback_query"]["data"]
    data = ("menu:aulas:7", "menu:42", "curso_99", '{"id":1}', "1234", "ajuda")
    marts.put(*(press(ANA, each) for each in data), press(BIA, "menu:aulas:7"), silent)

    found: Cells = marts.rows(BUTTONS, "button presses users")
    assert sorted(found, key=repr) == sorted(
        [("menu", 3, 2), ("curso", 1, 1), ("", 2, 1), ("ajuda", 1, 1), (None, 1, 1)], key=repr
    )


# Digests of answers


def test_answers_have_the_same_digest_whatever_their_case_white_space_and_the_askers_name(
    marts: Marts,
) -> None:
    # Given the same answer of the bot in two private chats, and the same replies in a group
    marts.put(
        asks(NINE),
        sent("2026-10-07 09:00:02", "Oi, Ana!", 2, ANA),
        sent("2026-10-07 09:00:03", "Assim.", 3, ANA),
        asks(NINE, person=BIA),
        sent("2026-10-07 09:00:02", "Oi,  Bia!", 2, BIA),
        sent("2026-10-07 09:00:03", "ASSIM.", 3, BIA),
        message("2026-10-07 10:00", ANA, "quando?", 1),
        message("2026-10-07 10:01", CAIO, "Amanhã.", 2, reply_to=1),
        message("2026-10-07 12:00", BIA, "quando mesmo?", 3),
        message("2026-10-07 12:01", CAIO, " amanhã.\n", 4, reply_to=3),
        message("2026-10-07 15:00", BIA, "onde?", 5),
        message("2026-10-07 15:01", CAIO, None, 6, reply_to=5, photo=[]),
        message("2026-10-07 18:00", BIA, "quem?", 7),
    )

    rows = marts.rows(ANSWERS, "is_question message_id answer_digest is_private")
    private = [digest for is_question, _, digest, is_private in rows if is_question and is_private]
    in_group = {
        message_id: digest
        for is_question, message_id, digest, is_private in rows
        if is_question and not is_private
    }
    assert private[0] == private[1] is not None
    assert in_group[1] == in_group[3] is not None
    assert in_group[1] != private[0]
    assert (in_group[5], in_group[7]) == (None, None)


def digest_as_name(questions: pa.Table) -> pa.Table:
    """Return the questions with the digest of the answer in place of the topic's name."""
    numbers = pa.array([0] * len(questions), pa.int64())
    columns = {name: questions[name] for name in questions.schema.names} | {
        **dict.fromkeys(("group_id", "topic_id"), numbers),
        **dict.fromkeys(("group_name", "topic_name"), questions["answer_digest"]),
    }
    return pa.table(columns).select(QUESTIONS_SCHEMA.names).cast(QUESTIONS_SCHEMA)


def test_each_question_is_grouped_with_the_digest_of_its_own_answer(marts: Marts) -> None:
    marts.put(
        asks(NINE),
        sent("2026-10-07 09:00:02", "Assim.", 2, ANA),
        message("2026-10-07 10:00", BIA, "quando?", 1),
    )
    digests = {
        message_id: digest
        for is_question, message_id, digest in marts.rows(
            ANSWERS, "is_question message_id answer_digest"
        )
        if is_question
    }

    topics = replace(QUESTIONS, post_process=digest_as_name, post_process_parameters=())
    assert marts.rows(topics, "text topic_name") == [("como faço?", digests[1]), ("quando?", None)]
