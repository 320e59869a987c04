"""With pseudonyms, a row tells nothing about who a person is; without texts, nothing of theirs."""

import json
from typing import Any

import pyarrow as pa
import pytest

from lambda_ingest.privacy.suppression import Identity, identity_digest
from lambda_ingest.settings import Secret
from tg_pipeline.layers.definitions import SHARED_ACCOUNTS
from tg_pipeline.layers.enriched.pseudonyms import (
    IS_BOT,
    OWNER,
    PersonalDataRules,
    id_from_digest,
    name_of,
    pseudonym_of_id,
    pseudonym_of_username,
    username_from_digest,
)
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.updates import enrich
from tg_pipeline.layers.schema import Role

KEY = Secret("0123456789abcdef0123456789abcdef")
PSEUDONYMS = PersonalDataRules(KEY, has_pseudonyms=True)
NO_TEXTS = PersonalDataRules(drops_text=True)
BOT = 7_000_000_001

ANA, BIA = 8_111_222_333, 8_444_555_666
USER = {"id": ANA, "is_bot": False, "first_name": "Ana", "username": "Ana_S"}
FRIEND = {"id": BIA, "is_bot": False, "first_name": "Bia"}
HELPER = {"id": 6_000_000_009, "is_bot": True, "first_name": "Help", "username": "help_bot"}
OWN_BOT = {"id": BOT, "is_bot": True, "first_name": "Own", "username": "own_bot"}
GROUP = {"id": -1_001_222, "type": "supergroup", "title": "Turma", "username": "turma"}
PRIVATE = {"id": ANA, "type": "private", "first_name": "Ana", "username": "Ana_S"}


def rows(rules: PersonalDataRules, *contents: dict[str, Any]) -> list[dict[str, Any]]:
    updates = [{"update_id": number, **each} for number, each in enumerate(contents)]
    deduped = pa.table(
        {
            "bot_id": pa.array([BOT] * len(updates), pa.int64()),
            "update_id": pa.array(range(len(updates)), pa.int64()),
            "update_type": [next(iter(each)) for each in contents],
            "received_at": pa.array([0] * len(updates), pa.timestamp("us", tz="UTC")),
            "payload": [json.dumps(each).encode() for each in updates],
        }
    )
    (batch,) = deduped.to_batches() or [None]
    found: list[dict[str, Any]] = rules.apply(enrich(batch)).to_pylist()
    return found


def message(**fields: Any) -> dict[str, Any]:
    return {"message": {"message_id": 1, "date": 5, "from": USER, "chat": GROUP, **fields}}


def test_every_column_declares_what_it_says_about_people() -> None:
    undeclared = [name for name, each in ENRICHED_UPDATES.columns.items() if each.role is None]

    assert undeclared == []
    named = {
        name
        for name, each in ENRICHED_UPDATES.columns.items()
        if each.role and each.role & (Role.NAME | Role.USERNAME)
    }
    assert named - OWNER.keys() == {"mentioned_usernames"}
    assert {*OWNER.values()} <= IS_BOT.keys()


def test_a_person_has_one_pseudonym_everywhere_and_no_name() -> None:
    text = "@ana_s e Ana"
    entities = [
        {"type": "mention", "offset": 0, "length": 6},
        {"type": "text_mention", "offset": 9, "length": 3, "user": USER},
    ]
    member = {"user": USER, "status": "member"}
    topic = {"topic_id": ANA}
    sent, private, other, joined, left, changed = rows(
        PSEUDONYMS,
        message(text=text, entities=entities, reply_to_message={"message_id": 2, "from": USER}),
        message(chat=PRIVATE, direct_messages_topic=topic, business_connection_id="c"),
        {"callback_query": {"id": "1", "from": USER, "message": {"chat": PRIVATE}}},
        message(new_chat_members=[USER, FRIEND, HELPER]),
        message(left_chat_member=USER),
        {"chat_member": {"chat": GROUP, "from": FRIEND, "date": 5, "new_chat_member": member}},
    )

    ana, bia = pseudonym_of_id(KEY, ANA), pseudonym_of_id(KEY, BIA)
    username = pseudonym_of_username(KEY, "ana_s")
    assert sent["user_id"] == sent["person_id"] == sent["reply_to_user_id"] == ana
    assert sent["mentioned_user_ids"] == [ana]
    assert sent["mentioned_usernames"] == [sent["user_username"]] == [username]
    assert sent["reply_to_username"] == username
    assert sent["user_first_name"] == name_of(ana)
    assert (sent["chat_id"], sent["chat_title"]) == (GROUP["id"], "Turma")
    assert private["chat_id"] == private["user_id"] == private["direct_messages_topic_id"] == ana
    assert (private["chat_title"], private["chat_username"]) == (None, None)
    assert private["business_connection_id"] not in (None, "c")
    assert other["chat_id"] == ana
    assert joined["new_chat_member_ids"] == [ana, bia, HELPER["id"]]
    assert left["left_chat_member_id"] == changed["member_user_id"] == ana
    assert (changed["member_first_name"], changed["member_username"]) == (name_of(ana), username)
    assert changed["user_first_name"] == name_of(bia) != name_of(ana)
    assert changed["user_username"] is None


def test_usernames_and_ids_in_texts_become_the_same_pseudonyms() -> None:
    text = f"@Ana_S, t.me/ana_s?start=1 tg://user?id={ANA} ({ANA}) sala 12, e-mail x@ana_s"
    contents = (
        message(text=text),
        message(caption="oi @ana_s", photo=[{"file_unique_id": "f"}]),
        message(text=f"/ban {ANA}", entities=[{"type": "bot_command", "offset": 0, "length": 4}]),
        {"inline_query": {"id": "1", "from": USER, "query": "@ana_s"}},
        {"callback_query": {"id": "1", "from": USER, "data": f"ban:{ANA}"}},
    )

    sent, photo, command, query, pressed = rows(PSEUDONYMS, *contents)

    number, name = pseudonym_of_id(KEY, ANA), pseudonym_of_username(KEY, "ana_s")
    assert sent["text"] == (
        f"@{name}, t.me/{name}?start=1 tg://user?id={number} ({number}) sala 12, e-mail x@ana_s"
    )
    assert sent["text_length"] == len(text)
    assert (photo["caption"], query["query"]) == (f"oi @{name}", f"@{name}")
    assert (command["command_args"], pressed["callback_data"]) == (str(number), f"ban:{number}")
    assert str(ANA) not in str((sent, photo, command, query, pressed))


@pytest.mark.parametrize("bot", [HELPER, OWN_BOT], ids=["another bot", "the bot itself"])
def test_bots_keep_their_ids_and_names(bot: dict[str, Any]) -> None:
    member = {"user": bot, "status": "member"}
    contents = (
        message(**{"from": bot}, via_bot=bot),
        message(reply_to_message={"message_id": 2, "from": bot}, left_chat_member=bot),
        message(new_chat_members=[bot]),
        {"my_chat_member": {"chat": GROUP, "from": bot, "date": 5, "new_chat_member": member}},
        message(**{"from": bot}, chat={"id": bot["id"], "type": "private"}),
    )

    replaced, digest = rows(PSEUDONYMS, *contents), "content_digest"

    for with_rules, without in zip(replaced, rows(PersonalDataRules(), *contents), strict=True):
        kept = {name for name in without if with_rules[name] == without[name]}
        assert {*without} - kept <= {
            digest,
            "user_id",
            "user_first_name",
            "user_username",
            "person_id",
        }
        assert with_rules["user_id"] == without["user_id"] or without["user_id"] == ANA


@pytest.mark.parametrize("account", sorted(SHARED_ACCOUNTS))
def test_accounts_that_stand_for_many_keep_their_ids(account: int) -> None:
    (row,) = rows(PSEUDONYMS, message(**{"from": {"id": account, "first_name": "Telegram"}}))

    assert (row["user_id"], row["user_first_name"]) == (account, "Telegram")


def test_an_erased_person_stays_erased() -> None:
    (row,) = rows(PSEUDONYMS, message(reply_to_message={"from": {"id": 0}, "message_id": 2}))

    assert row["reply_to_user_id"] == 0


def test_a_pseudonym_is_a_positive_number_that_depends_on_the_key() -> None:
    other = PersonalDataRules(Secret("x" * 32), has_pseudonyms=True)
    numbers = {pseudonym_of_id(KEY, number) for number in range(1, 2_000)}

    assert len(numbers) == 1_999
    assert all(2**62 <= number < 2**63 for number in numbers)
    assert pseudonym_of_id(Secret("x" * 32), ANA) != pseudonym_of_id(KEY, ANA)
    assert PSEUDONYMS.fingerprint != other.fingerprint
    assert KEY.reveal() not in PSEUDONYMS.fingerprint


def test_pseudonyms_are_found_by_the_digests_of_tombstones() -> None:
    user = identity_digest(KEY, Identity.USER, str(ANA)).removeprefix("user-")
    username = identity_digest(KEY, Identity.USERNAME, "ana_s").removeprefix("username-")

    assert id_from_digest(user) == pseudonym_of_id(KEY, ANA)
    assert username_from_digest(username) == pseudonym_of_username(KEY, "Ana_S")


def test_without_texts_nothing_that_somebody_wrote_is_left_but_its_length() -> None:
    entities = [
        {"type": "bot_command", "offset": 0, "length": 5},
        {"type": "hashtag", "offset": 6, "length": 8},
        {"type": "mention", "offset": 15, "length": 8},
    ]
    contents = (
        message(text="/faca #segredo @segredo", entities=entities),
        message(caption="segredo", photo=[{"file_unique_id": "f"}]),
        {"inline_query": {"id": "1", "from": USER, "query": "segredo"}},
        {"callback_query": {"id": "1", "from": USER, "data": "segredo"}},
        {"chat_member": {"chat": GROUP, "from": USER, "invite_link": {"name": "segredo"}}},
    )

    left = rows(NO_TEXTS, *contents)

    assert "segredo" not in str(left)
    assert "segredo" in str(rows(PersonalDataRules(), *contents))
    assert [row["text_length"] for row in left[:2]] == [23, 7]
    assert (left[0]["is_written"], left[0]["activity"], left[0]["command"]) == (
        True,
        "write",
        "faca",
    )
    assert (left[0]["mention_count"], left[0]["user_first_name"]) == (1, "Ana")


def test_digests_are_keyed_or_left_out_with_the_texts() -> None:
    contents = [message(text=text) for text in ("sim", "sim", "nao")]
    keyed = PersonalDataRules(KEY, drops_text=True)

    plain = [row["content_digest"] for row in rows(PersonalDataRules(), *contents)]
    digests = [row["content_digest"] for row in rows(keyed, *contents)]

    assert [row["content_digest"] for row in rows(NO_TEXTS, *contents)] == [None] * 3
    assert digests[0] == digests[1] != digests[2]
    assert not {*digests} & {*plain}
