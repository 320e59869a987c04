"""Every path of ingestion leaves forgotten people out, and loses no update because of them."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import unwrap_rejected
from lambda_ingest.privacy.forgotten_people import ForgottenPeople, list_forgotten_people
from lambda_ingest.privacy.suppression import FORGOTTEN_PREFIX, PrivacyKeyError
from lambda_ingest.settings import Secret
from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import (
    ARRIVED,
    DAY_FOLDER,
    Container,
    stored,
    update,
)
from tg_pipeline_tests.lambda_ingest.events import queue_event, record
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, OTHER_KEY, forget

NewContainer = Callable[..., Container]

ID = 5_000_000_001
BY_HER: dict[str, Any] = {"from": {"id": ID, "first_name": "Ana"}}
BY_HIM: dict[str, Any] = {"from": {"id": 7, "first_name": "Beto"}}
HERS = update(5, text="segredo", **BY_HER)
ABOUT_HER = update(6, text="oi @ana_ribeiro", **BY_HIM)
OTHERS = update(7, text="oi", **BY_HIM)
UNREADABLE = HERS[:-20]


def everything(landing: ObjectStore) -> bytes:
    """Return all stored bytes but the tombstones, readable."""
    objects = stored(landing, "telegram") | stored(landing, "rejected")
    unpacked = (gzip.decompress(body) if key.endswith(".gz") else body
                for key, body in objects.items())  # fmt: skip
    return b"\n".join(map(unwrap_rejected, unpacked))


@pytest.fixture
def container(new_container: NewContainer) -> Container:
    container = new_container(TG_PRIVACY_KEY=KEY)
    forget(container.landing, ID, "ana_ribeiro")
    return container


def test_a_webhook_call_stores_nothing_of_a_forgotten_person(container: Container) -> None:
    assert [container.status(body) for body in (HERS, ABOUT_HER, OTHERS, UNREADABLE)] == [200] * 4

    kept = stored(container.landing, "telegram")
    assert [key.rpartition("-")[2] for key in sorted(kept)] == ["6.json", "7.json"]
    assert json.loads(kept[f"{DAY_FOLDER}/7-6.json"])["message"]["text"] == "oi ░░░░░░░░░░░░"
    assert kept[f"{DAY_FOLDER}/7-7.json"] == OTHERS
    assert str(ID).encode() not in everything(container.landing)
    counted = [
        {name: line[name] for name in ("suppressed", "landed")} for line in container.lines()
    ]
    assert [each["suppressed"] for each in counted] == [1, 0, 0, 1]
    assert "key" not in container.lines()[0]


def test_a_queue_batch_stores_nothing_of_a_forgotten_person(container: Container) -> None:
    batch = queue_event(*map(record, [HERS, ABOUT_HER, OTHERS, UNREADABLE]))

    assert container.handle(batch) == {"batchItemFailures": []}

    left = everything(container.landing)
    assert str(ID).encode() not in left
    assert b"ana_ribeiro" not in left
    assert OTHERS in left
    (line,) = container.lines()
    assert (line["landed"], line["suppressed"], line["rejected"]) == (2, 2, 0)


def test_a_bot_still_gets_their_updates_and_a_reply_to_them_is_not_stored(
    new_container: NewContainer,
) -> None:
    for answer, count in (({"chat_id": ID}, 0), ({"chat_id": 7, "text": "oi"}, 1)):
        body = json.dumps({"method": "sendMessage", **answer}).encode()
        with Bot(always(reply(body, connection="close"))) as bot:
            container = new_container(TG_PRIVACY_KEY=KEY, FORWARD_URL=bot.url)
            forget(container.landing, ID)

            assert container.status(HERS) == 200
            assert container.status(OTHERS) == 200

            assert [each.body for each in bot.heard] == [HERS, OTHERS]
            calls = [key for key in stored(container.landing, "telegram") if "7-7.json" not in key]
            assert len(calls) == count


def test_people_are_listed_when_the_first_update_arrives_and_then_once_a_minute() -> None:
    now, landing = [ARRIVED], open_store("memory://listed-once-a-minute")
    people = ForgottenPeople(landing, Secret(KEY), lambda: now[0])
    forget(landing, ID)
    assert people.current().forgets_user(ID)

    forget(landing, ID + 1)
    now[0] += timedelta(seconds=59)
    assert not people.current().forgets_user(ID + 1)

    now[0] += timedelta(seconds=1)
    assert people.current().forgets_user(ID + 1)


def test_on_a_disk_a_new_tombstone_counts_at_once(container: Container) -> None:
    container.post(OTHERS)

    forget(container.landing, 7)
    container.post(ABOUT_HER)

    assert len(stored(container.landing, "telegram")) == 1
    assert container.lines()[-1]["suppressed"] == 1


def test_a_tombstone_that_is_lifted_lets_later_updates_in(container: Container) -> None:
    container.post(HERS)
    keys = list(stored(container.landing, FORGOTTEN_PREFIX))
    obstore.delete(container.landing, keys)

    container.now += timedelta(minutes=1)
    container.post(HERS)

    assert list(stored(container.landing, "telegram").values()) == [HERS]


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_without_the_right_key_updates_are_stored_and_the_log_states_it_once(
    new_container: NewContainer, key: str | None
) -> None:
    container = new_container(**({"TG_PRIVACY_KEY": key} if key else {}))
    forget(container.landing, ID)

    for minutes in range(3):
        container.now = ARRIVED + timedelta(minutes=minutes)
        assert container.status(HERS) == 200

    assert stored(container.landing, "telegram") == {f"{DAY_FOLDER}/7-5.json": HERS}
    first, *others = container.lines()
    assert (first["privacy_failed"], first["level"]) == (1, "WARNING")
    assert "TG_PRIVACY_KEY" in first["why_privacy"]
    assert [line["privacy_failed"] for line in others] == [0, 0]


def test_a_listing_that_fails_keeps_the_last_known_people_and_is_counted(
    tmp_path: Path, container: Container
) -> None:
    container.post(HERS)
    folder = tmp_path / "landing" / "privacy"
    folder.rename(tmp_path / "away")
    folder.write_text("not a folder")

    container.now += timedelta(minutes=1)
    assert container.status(HERS) == 200
    assert container.status(OTHERS) == 200

    assert list(stored(container.landing, "telegram").values()) == [OTHERS]
    assert [line["privacy_failed"] for line in container.lines()] == [0, 1, 0]
    assert "can't be listed" in container.lines()[1]["why_privacy"]


def test_a_command_refuses_to_start_without_the_right_key(landing: ObjectStore) -> None:
    forget(landing, ID)

    for key in (None, Secret(OTHER_KEY)):
        with pytest.raises(PrivacyKeyError, match="TG_PRIVACY_KEY"):
            list_forgotten_people(landing, key, lambda: ARRIVED)
    known = list_forgotten_people(landing, Secret(KEY), lambda: ARRIVED)
    assert known.current().forgets_user(ID)


class TestMinimizedIngestion:
    def test_texts_and_fields_are_not_stored_but_forwarded(
        self, new_container: NewContainer
    ) -> None:
        with Bot(always(reply(b"", connection="close"))) as bot:
            container = new_container(
                TG_DROP="contact,phone_number", TG_DROP_TEXT="landing", FORWARD_URL=bot.url
            )
            body = update(5, text="segredo", contact={"phone_number": "+55 11"}, message_id=3)

            assert container.status(body) == 200

            assert bot.heard[0].body == body
        left: dict[str, Any] = json.loads(everything(container.landing))["message"]
        assert (left["text"], left["message_id"]) == ("░", 3)
        assert "contact" not in left

    def test_of_a_body_that_is_no_update_only_the_reason_is_stored(
        self, new_container: NewContainer
    ) -> None:
        container = new_container(TG_DROP_TEXT="landing")

        container.post(UNREADABLE)
        container.handle(queue_event(record(b"segredo")))

        kept = stored(container.landing, "rejected")
        assert len(kept) == 2
        for body in kept.values():
            assert json.loads(body).keys() == {"reason"}
            assert unwrap_rejected(body) == body
