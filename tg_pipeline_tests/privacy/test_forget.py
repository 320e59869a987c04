"""Forgetting a person: nothing of them is left, others lose nothing, and kills do no harm."""

import gzip
import json
import os
from datetime import timedelta
from urllib.parse import quote

import obstore
import pytest

from lambda_ingest.landing import day_prefix
from lambda_ingest.local_disk import STAGED
from lambda_ingest.privacy.suppression import read_tombstones
from lambda_ingest.settings import Secret
from tg_pipeline.builds.layers import raw_conservation
from tg_pipeline.builds.report import publish_page
from tg_pipeline.privacy.tombstones import forgotten_people, lift, read_tombstone
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.privacy.scene import (
    ABOUT_HER,
    ANA,
    BETO,
    CONFESSION,
    GROUP,
    HERS,
    ID,
    KEY,
    NAME,
    NOON,
    UNRELATED,
    USERNAME,
    build,
    files_with,
    fill,
    forget_ana,
    landed_keys,
    message,
    put,
)

STEPS = (
    "landing",
    "versions",
    *(
        pytest.param(step, marks=pytest.mark.slow)
        for step in (
            *("tombstones", "history", "build", "late updates"),
            *("history again", "search", "completion"),
        )
    ),
)


class KilledError(Exception):
    """The process ended at a step."""


def test_nothing_of_the_person_is_left_and_what_others_wrote_stays(pipeline: Pipeline) -> None:
    # Given a person in every kind of object, and a statement about her at the SQL prompt
    fill(pipeline)
    history = pipeline.folder / "state" / "sql_history"
    history.parent.mkdir()
    history.write_text(f"SELECT 1;\nSELECT {ID};\n")
    assert len(files_with(pipeline.folder)) > 8
    before = pipeline.rows("raw_updates")
    batch = f"{day_prefix(DAY)}/{BOT}-batch.ndjson.gz"
    lines = gzip.decompress(obstore.get(pipeline.landing, batch).bytes().to_bytes()).split(b"\n")

    # When she is forgotten
    result = forget_ana(pipeline)

    # Then an independent search finds nothing, and neither did the command's
    assert files_with(pipeline.folder) == []
    assert result.is_complete
    assert [(each.place, each.left) for each in result.findings if each.left] == []
    assert history.read_text() == "SELECT 1;\n"

    # And the updates of others are there: with their lines, their times and all they wrote
    after = pipeline.rows("raw_updates")
    kept = [row for row in before if row["update_id"] in {11, 2, 3, 4, ABOUT_HER, 6, 8}]
    for name in ("bot_id", "update_id", "object_key", "line", "received_at"):
        assert [row[name] for row in after] == [row[name] for row in kept]
    messages = [row for row in after if row["update_id"] not in {11, ABOUT_HER}]
    texts = [json.loads(row["payload"])["message"]["text"] for row in messages]
    assert texts[0] == "boa sorte"
    assert texts[2:] == ["bom dia", "eu não", "nem eu"]
    kept_names = ("11.json", "2.json", "3.json", "4.json", f"{ABOUT_HER}.json", "batch.ndjson.gz")
    assert landed_keys(pipeline) == [f"{BOT}-{name}" for name in kept_names]

    # And what is not about her is the same bytes, in the landing zone as well
    rewritten = gzip.decompress(obstore.get(pipeline.landing, batch).bytes().to_bytes())
    assert rewritten.split(b"\n")[:3] == [b"", lines[1], b""]
    untouched = obstore.get(pipeline.landing, f"{day_prefix(DAY)}/{BOT}-4.json").bytes()
    assert json.loads(untouched.to_bytes()) == UNRELATED


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_before_any_step_is_made_up_for_by_the_same_command(
    pipeline: Pipeline, step: str
) -> None:
    fill(pipeline)

    def stop(at: str) -> None:
        if at == step:
            raise KilledError

    with pytest.raises(KilledError):
        forget_ana(pipeline, stop)
    result = forget_ana(pipeline)

    assert result.is_complete
    assert files_with(pipeline.folder) == []
    found = read_tombstone(pipeline.landing, KEY, ID)
    assert found
    assert found.completed_at


def test_a_kill_within_the_rewriting_leaves_each_object_old_or_new(pipeline: Pipeline) -> None:
    # Given a writer and a rewriting that were killed, each with a temporary file
    fill(pipeline)
    folder = pipeline.folder / "landing" / day_prefix(DAY)
    torn, key = gzip.compress(json.dumps(HERS).encode())[:-9], quote(day_prefix(DAY), safe="")
    (folder / f"{BOT}-1.json#12345678").write_bytes(json.dumps(HERS).encode())
    (folder / f"{BOT}-batch.ndjson.gz#12345678").write_bytes(torn)
    staged = pipeline.folder / "landing" / STAGED
    staged.mkdir(exist_ok=True)
    (staged / f"{key}%2F{BOT}-1.json#12345678").write_bytes(json.dumps(HERS).encode())
    (staged / f"{key}%2F{BOT}-batch.ndjson.gz#12345678").write_bytes(torn)
    (staged / f"{key}%2F{BOT}-9.json#12345678").write_bytes(b"{}")

    assert forget_ana(pipeline).is_complete

    assert files_with(pipeline.folder) == []
    left = [path.name for path in pipeline.folder.rglob("*#*")]
    assert left == [f"{key}%2F{BOT}-9.json#12345678"]


def test_counts_are_conserved_and_a_rebuild_brings_nothing_back(pipeline: Pipeline) -> None:
    fill(pipeline)
    forget_ana(pipeline)
    digest = pipeline.digest("raw_updates")

    # When the original objects land again, and the day is read as a whole
    put(pipeline, f"{BOT}-1.json", HERS)
    (built,) = build(pipeline)

    # Then the raw build leaves her out, and counts that
    assert built.raw.suppressed == 1
    assert raw_conservation(DAY, built.raw).holds
    assert pipeline.digest("raw_updates") == digest

    # And forgetting her once more also cleans the landing zone
    assert forget_ana(pipeline).counts.deleted == 1
    assert files_with(pipeline.folder) == []


def test_what_only_the_lake_still_has_is_forgotten_too(pipeline: Pipeline) -> None:
    # Given a landing zone whose objects have expired
    fill(pipeline)
    landed = [meta["path"] for meta in obstore.list(pipeline.landing).collect()]
    obstore.delete(pipeline.landing, landed)

    assert forget_ana(pipeline).is_complete

    assert files_with(pipeline.folder) == []
    assert [row["update_id"] for row in pipeline.rows("raw_updates")] == [
        11,
        2,
        3,
        4,
        ABOUT_HER,
        6,
        8,
    ]


def test_what_can_not_be_cleaned_is_named_and_the_person_stays_pending(pipeline: Pipeline) -> None:
    # Given an object of another program beside the landing zone's, and one in the lake
    fill(pipeline)
    obstore.put(pipeline.landing, "notes/about.txt", f"Ask @{USERNAME}".encode())
    obstore.put(pipeline.lake.store, "export.csv", f"{ID},{NAME}".encode())

    result = forget_ana(pipeline)

    assert not result.is_complete
    examples = [name for finding in result.findings for name in finding.examples]
    assert examples == ["notes/about.txt", "export.csv"]
    (person,) = forgotten_people(pipeline.landing)
    assert person.tombstone.completed_at is None


def test_a_username_that_another_person_has_as_well_is_kept_unless_it_is_named(
    pipeline: Pipeline,
) -> None:
    # Given somebody who took her username later
    successor = BETO | {"username": USERNAME}
    put(pipeline, f"{BOT}-1.json", HERS)
    put(pipeline, f"{BOT}-2.json", message(2, successor, text="oi"))
    mention = {"type": "mention", "offset": 0, "length": len(USERNAME) + 1}
    put(pipeline, f"{BOT}-3.json", message(3, BETO, text=f"@{USERNAME}", entities=[mention]))
    build(pipeline)

    # When she is forgotten, then his updates are as they were
    assert forget_ana(pipeline).is_complete
    assert [row["user_username"] for row in pipeline.rows("enriched_updates")] == [
        USERNAME,
        "beto_f",
    ]
    assert pipeline.rows("enriched_updates")[1]["text"] == f"@{USERNAME}"

    # When she is forgotten with the username, then mentions go
    assert forget_ana(pipeline, usernames=frozenset({USERNAME})).counts.of_others >= 1
    assert USERNAME not in str(pipeline.rows("enriched_updates")[1]["text"])


def test_two_people_are_forgotten_one_within_the_other(pipeline: Pipeline) -> None:
    # Given two people who quote each other
    fill(pipeline)
    carla_id = 777_000_001
    carla = {"id": carla_id, "is_bot": False, "first_name": "Carla", "username": "carla_x"}
    text = "isto só a Carla escreveu"
    put(pipeline, f"{BOT}-20.json", message(20, carla, text=text, reply_to_message=HERS["message"]))
    quoting = message(21, carla, text=text)["message"]
    put(pipeline, f"{BOT}-21.json", message(21, BETO, reply_to_message=quoting, text="é"))
    build(pipeline)

    # When one command runs while the other is about to build
    def meanwhile(step: str) -> None:
        if step == "build":
            assert forget_ana(pipeline, user_id=carla_id).is_complete

    assert forget_ana(pipeline, meanwhile).is_complete

    # Then nothing is left of either
    assert files_with(pipeline.folder) == []
    assert files_with(pipeline.folder, (str(carla_id), "carla_x", text)) == []
    assert len(forgotten_people(pipeline.landing)) == 2


def test_tombstones_do_not_name_the_person_and_are_lifted_by_id(pipeline: Pipeline) -> None:
    fill(pipeline)
    forget_ana(pipeline)
    (person,) = forgotten_people(pipeline.landing)
    assert person.digest.startswith("user-")
    assert len(person.tombstone.others) == 3

    assert lift(pipeline.landing, KEY, 1) == 0
    assert lift(pipeline.landing, KEY, ID) == 4

    assert forgotten_people(pipeline.landing) == []
    assert not read_tombstones(pipeline.landing, Secret("another-key-" * 4))


def test_a_migrated_chat_and_a_private_chat_are_searched_like_others(pipeline: Pipeline) -> None:
    old = GROUP | {"id": -4001, "type": "group"}
    put(pipeline, f"{BOT}-1.json", message(1, ANA, chat=old, migrate_to_chat_id=-100500))
    private = {"id": ID, "type": "private", "first_name": "Ana"}
    put(pipeline, f"{BOT}-2.json", message(2, ANA, chat=private, text=CONFESSION))
    put(pipeline, f"{BOT}-3.json", message(3, BETO, migrate_from_chat_id=-4001))
    build(pipeline)

    assert forget_ana(pipeline).is_complete

    assert files_with(pipeline.folder) == []
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [3]


def test_files_keep_their_times_so_that_copies_without_journals_keep_arrivals(
    pipeline: Pipeline,
) -> None:
    fill(pipeline)
    path = pipeline.folder / "landing" / day_prefix(DAY) / f"{BOT}-2.json"
    assert path.stat().st_mtime == NOON.timestamp()
    os.utime(path, ((NOON + timedelta(hours=1)).timestamp(),) * 2)

    forget_ana(pipeline)

    assert path.stat().st_mtime == (NOON + timedelta(hours=1)).timestamp()


def test_an_old_report_page_is_found_if_it_is_not_replaced(pipeline: Pipeline) -> None:
    fill(pipeline)
    publish_page(pipeline.lake, "xx", f"<td>{NAME}</td>")

    result = forget_ana(pipeline)

    assert [name for finding in result.findings for name in finding.examples] == [
        "report/report.xx.html"
    ]
