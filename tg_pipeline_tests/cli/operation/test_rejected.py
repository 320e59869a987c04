"""`tg-pipeline rejected`: rejected bodies are counted, shown, and landed again without a loss."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import RESERVED_ID, wrap_rejected
from lambda_ingest.store import open_store, put_if_absent
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.query.rejected import list_rejected
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, forget

ARRIVED = datetime.now(UTC).replace(hour=15) - timedelta(days=3)
FOLDER = f"rejected/context_date={ARRIVED.date()}"
CALLBACK = b'{"update_id": 5, "callback_query": {"id": "1", "from": {"id": 3}}}'


@pytest.fixture
def landing(shell: Shell) -> ObjectStore:
    """A landing zone with rejected bodies: readable by now, broken, and a reason alone."""
    landing = open_store(shell.landing.as_uri())
    reject(landing, "a", CALLBACK)
    reject(landing, "b", b"{\x1b]0;owned\x07")
    put_if_absent(landing, f"{FOLDER}/c.json", json.dumps({"reason": "It is bad."}).encode())
    return landing


def reject(landing: ObjectStore, name: str, body: bytes) -> None:
    put_if_absent(
        landing, f"{FOLDER}/{name}.json", wrap_rejected(body, "Its id 5 is bad."), ARRIVED
    )


def remaining(landing: ObjectStore) -> list[str]:
    return [each.key.rpartition("/")[2] for each in list_rejected(landing)]


@pytest.mark.usefixtures("landing")
def test_bodies_are_counted_by_day_and_reason(shell: Shell) -> None:
    shown, as_json = shell.run("rejected", "list"), shell.run("rejected", "list", "--json")

    assert "Its id … is bad." in shown.stdout
    assert json.loads(as_json.stdout) == [
        {"day": str(ARRIVED.date()), "reason": "It is bad.", "count": 1},
        {"day": str(ARRIVED.date()), "reason": "Its id … is bad.", "count": 2},
    ]


@pytest.mark.usefixtures("landing")
def test_bodies_are_shown_without_what_a_terminal_obeys(shell: Shell) -> None:
    done = shell.run("rejected", "show")

    lines = done.stdout.splitlines()
    assert lines[0] == f"{FOLDER}/c.json: It is bad."
    assert lines[1].strip() == "only the reason was kept"
    assert lines[5].strip() == CALLBACK.decode()
    assert "\x1b" not in done.stdout
    assert "There are 2 more: --limit 3" in shell.run("rejected", "show", "--limit", "1").stdout


def test_a_replay_lands_what_is_an_update_now_on_the_day_it_arrived(
    shell: Shell, landing: ObjectStore
) -> None:
    done = shell.run("rejected", "replay", "--bot-id", "9")

    assert (done.returncode, done.stderr) == (0, "")
    assert "1 landed, 0 were there already." in done.stdout
    assert "1 can't be landed: only the reason was kept of them (TG_DROP)." in done.stdout
    assert "1 stay rejected; the first: The body is not JSON" in done.stdout
    landed = Path(shell.landing, f"telegram/context_date={ARRIVED.date()}/9-5.json")
    assert landed.read_bytes() == CALLBACK
    assert remaining(landing) == ["b.json", "c.json"]
    again = shell.run("rejected", "replay", "--bot-id", "9").stdout
    assert "0 landed, 0 were there already." in again
    assert remaining(landing) == ["b.json", "c.json"]


def test_a_replay_of_another_day_touches_nothing(shell: Shell, landing: ObjectStore) -> None:
    shell.run("rejected", "replay", "--bot-id", "9", "--date", "today")

    assert remaining(landing) == ["a.json", "b.json", "c.json"]


def test_a_replay_that_was_killed_before_it_deleted_is_continued(
    shell: Shell, landing: ObjectStore
) -> None:
    put_if_absent(landing, f"telegram/context_date={ARRIVED.date()}/9-5.json", CALLBACK, ARRIVED)

    done = shell.run("rejected", "replay", "--bot-id", "9")

    assert "0 landed, 1 were there already." in done.stdout
    assert remaining(landing) == ["b.json", "c.json"]


def test_an_update_whose_id_is_taken_stays_rejected(shell: Shell, landing: ObjectStore) -> None:
    other = CALLBACK.replace(b'"id": 3', b'"id": 4')
    put_if_absent(landing, f"telegram/context_date={ARRIVED.date()}/9-5.json", other, ARRIVED)

    done = shell.run("rejected", "replay", "--bot-id", "9")

    assert "2 stay rejected" in done.stdout
    assert "a.json" in remaining(landing)
    landed = obstore.get(landing, f"telegram/context_date={ARRIVED.date()}/9-5.json")
    assert landed.bytes().to_bytes() == other


def test_a_body_of_a_forgotten_person_is_not_landed(shell: Shell, landing: ObjectStore) -> None:
    forget(landing, 3)

    done = shell.run("rejected", "replay", "--bot-id", "9", settings={"TG_PRIVACY_KEY": KEY})

    assert "0 landed, 0 were there already, 1 of forgotten people." in done.stdout
    assert not any("9-5" in key for key in shell.landed())


def test_an_object_stays_if_its_update_can_t_be_stored(shell: Shell, landing: ObjectStore) -> None:
    (shell.landing / "telegram").write_text("a file in the place of the folder")

    done = shell.run("rejected", "replay", "--bot-id", "9")

    assert done.returncode == 1
    assert done.stderr.startswith("tg-pipeline: ")
    assert remaining(landing) == ["a.json", "b.json", "c.json"]


def test_a_replay_does_not_land_what_the_network_may_not_send(shell: Shell) -> None:
    # Given a body that looks like a call of the bot, rejected when it came from the network
    landing = open_store(shell.landing.as_uri())
    forged = b'{"update_id": %d, "bot_call": {"method": "sendMessage"}}' % FIRST_SYNTHETIC_ID
    put_if_absent(landing, f"{FOLDER}/a.json", wrap_rejected(forged, RESERVED_ID), ARRIVED)

    # When an operator replays all bodies
    done = shell.run("rejected", "replay", "--bot-id", "9")

    # Then it stays where it is
    assert "1 stay rejected" in done.stdout
    assert remaining(landing) == ["a.json"]
