"""A large day that several processes build has the bytes and the counts that one process gives."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pytest

from lambda_ingest.privacy.suppression import Identity, Tombstones, identity_digest
from lambda_ingest.settings import Secret
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.builds.layers import RowMarks, build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.monitoring.day_size import listed_updates
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.landing_state import PREFIX as LISTINGS
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake
from tg_pipeline.landing.sealed_objects import sealed_key
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.drift import MAX_PLACES
from tg_pipeline.parallel import processes
from tg_pipeline.parallel.layers import TaskSize
from tg_pipeline.parallel.processes import WorkerProcesses, WorkersKilledError
from tg_pipeline.parallel.tasks import ShardPlace, TaskReport
from tg_pipeline.storage import parquet
from tg_pipeline.storage.errors import TransientStoreError
from tg_pipeline.temp_folders import TEMP_PREFIX
from tg_pipeline_tests.conftest import DAY, PARAMETERS, TIMEZONE, BuiltDay, Pipeline

KEY = Secret("0123456789abcdef0123456789abcdef")
ANA, BIA = 5001, 5002
FORGETTING_ANA = LayerParameters(
    TIMEZONE, Tombstones(KEY, frozenset([identity_digest(KEY, Identity.USER, str(ANA))]))
)
GROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Curso"}
DAY_BEFORE = DAY - timedelta(days=1)
GROUP_BYTES = 30_000
"""Bytes of a row group, here: a hundred rows, or one long one."""


def message(update_id: int, user: int = BIA, **fields: Any) -> bytes:
    sender = {"id": user, "is_bot": False, "first_name": f"N{user}"}
    content = {"message_id": update_id, "from": sender, "chat": GROUP, "date": 1_790_000_000}
    update = {"update_id": update_id, "message": content | {"text": "oi"} | fields}
    return json.dumps(update).encode()


def exported(number: int) -> bytes:
    message = {"id": number, "from_id": f"user{BIA}", "text": "oi"}
    content = {"date": 1_790_000_000, "chat": GROUP, "message": message}
    line = {"update_id": FIRST_SYNTHETIC_ID + number, "exported_message": content}
    return json.dumps(line).encode()


def land_adversarial_day(pipeline: Pipeline) -> None:
    """Land several row groups: copies, repeats, invented names, and what can't be read."""
    for bot in (8, 7, 9):
        long = [message(number, text=str(number) * 2 * GROUP_BYTES) for number in (1, 2)]
        short = [message(number, ANA if number % 5 == 0 else BIA) for number in range(3, 300)]
        pipeline.put(f"{bot}-a.ndjson", b"\n".join([*short, long[0], b"not JSON", b"{}"]))
        pipeline.put(f"{bot}-b.ndjson", b"\n".join([long[1], *short[::3]]))
        pipeline.put(f"{bot}-900.json", message(900, BIA, edit_date="not a number"))
    invented = [message(1_000 + n, **{f"field{n}": n}) for n in range(MAX_PLACES + 20)]
    pipeline.put("7-c.ndjson", b"\n".join(invented[:50]))
    pipeline.put("8-c.ndjson", b"\n".join(invented))
    pipeline.put("9-c.ndjson", b"\n".join([message(1, hologram={"size": 3}), *invented[::-1]]))
    pipeline.put("7-giant.ndjson", b"\n".join([message(2_000), b"x" * 17_000_000, message(2_001)]))
    pipeline.put("7-2002.json", b"")
    pipeline.put("notes.txt", b"not an update")
    reply = {"message_id": 1, "from": {"id": ANA, "is_bot": False}, "chat": GROUP, "text": "Oi"}
    pipeline.put("7-2003.json", message(2_003, reply_to_message=reply))
    pipeline.land_batch("cut", *(message(number) for number in range(2_100, 2_200)))
    pipeline.put("7-export.ndjson", b"\n".join(map(exported, range(3, 500))))
    pipeline.put("7-300.json", message(300), DAY_BEFORE)
    pipeline.put("7-x.ndjson", message(300))


def land_rest(pipeline: Pipeline) -> None:
    """Land objects that sort between those of the day, and one that replaces another."""
    pipeline.put("7-aa.ndjson", b"\n".join(message(number) for number in range(3_000, 3_050)))
    pipeline.put("8-bb.ndjson", message(3_100))
    pipeline.rewrite("8-900.json", message(900, ANA))


def build(pipeline: Pipeline, lake: Lake, parameters: LayerParameters, k: int) -> BuiltDay:
    with WorkerProcesses(lake, k, least_updates=1) as workers:
        source = LandingSource(pipeline.landing, 0, split_objects=workers.split_objects)
        raw = build_raw_updates(source, lake, DAY, parameters)
        deduped = build_deduped_updates(lake, DAY, parameters)
        enriched = build_enriched_updates(lake, DAY, parameters, workers.enrichment(DAY))
        return BuiltDay(raw, deduped, enriched)


def contents(lake: Lake) -> dict[str, bytes]:
    found = obstore.list(lake.store).collect()
    paths = [meta["path"] for meta in found if not meta["path"].startswith("indexes/")]
    return {path: bytes(obstore.get(lake.store, path).bytes()) for path in sorted(paths)}


def tables(objects: dict[str, bytes]) -> dict[str, bytes]:
    """Return all but the listing, whose order is that in which the objects were read."""
    return {path: body for path, body in objects.items() if not path.startswith(f"{LISTINGS}/")}


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{TEMP_PREFIX}*"))


@pytest.mark.slow
def test_several_processes_write_the_bytes_and_count_what_one_does(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The process that the workers work for decides on both.
    monkeypatch.setattr(parquet, "GROUP_BYTES", GROUP_BYTES)
    monkeypatch.setattr(processes, "TASK_SIZE", TaskSize(objects=2, rows=1))
    # Given a day of three bots, which lands in two instalments
    lakes = {k: Lake(f"{pipeline.lake_uri}-{k}") for k in (1, 2, 3)}
    source = LandingSource(pipeline.landing, bot_id=0)
    land_adversarial_day(pipeline)
    for lake in lakes.values():
        build_raw_updates(source, lake, DAY_BEFORE, FORGETTING_ANA)

    # When one process builds both, two processes build both, and three all at once
    first = [build(pipeline, lakes[k], FORGETTING_ANA, k) for k in (1, 2)]
    land_rest(pipeline)
    last, same = (build(pipeline, lakes[k], FORGETTING_ANA, k) for k in (1, 2))
    whole = build(pipeline, lakes[3], FORGETTING_ANA, 3)

    # Then every count and every byte is the same
    assert first[1] == first[0]
    assert same == last
    assert (whole.deduped, whole.enriched) == (last.deduped, last.enriched)
    one = contents(lakes[1])
    assert contents(lakes[2]) == one
    assert tables(contents(lakes[3])) == tables(one)
    assert not leftovers(pipeline.folder)
    # And the day is as difficult as it is meant to be
    assert last.raw.quarantined.rows > 8
    assert last.raw.suppressed > 100
    assert last.deduped.duplicates > 200
    assert last.enriched.shadowed > 200
    assert last.enriched.fields_nulled == 2
    assert len(last.enriched.drift) > MAX_PLACES
    assert len(tables(one)) < len(one)
    with lakes[1].open(DEDUPED_UPDATES.name, DAY) as deduped:
        assert len(deduped.group_rows) > 10
    flags = [row["is_copy"] for row in _rows(lakes[1])]
    assert 0 < flags.count(True) < len(flags)


def _rows(lake: Lake) -> list[dict[str, Any]]:
    with lake.open("enriched_updates", DAY) as partition:
        return [row for batch in partition.project(["is_copy"]) for row in batch.to_pylist()]


def test_damage_that_a_worker_meets_is_reported_and_marked_as_without_workers(
    pipeline: Pipeline,
) -> None:
    pipeline.land(*({"update_id": number, "message": {"text": "oi"}} for number in range(20)))
    pipeline.build()
    path = Path(pipeline.lake.place_of(DEDUPED_UPDATES.name, DAY))
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)

    sentences = []
    for k in (1, 2):
        lake = Lake(pipeline.lake_uri)
        with (
            WorkerProcesses(lake, k, least_updates=1) as workers,
            pytest.raises(DamagedPartitionError) as error,
        ):
            build_enriched_updates(lake, DAY, PARAMETERS, workers.enrichment(DAY))
        sentences.append(str(error.value))
        marked = Lake(pipeline.lake_uri)
        assert marked.is_marked_damaged(DEDUPED_UPDATES.name, DAY)
        marked.unmark(DEDUPED_UPDATES.name, DAY)

    assert sentences[0] == sentences[1]


def test_a_day_that_is_replaced_while_workers_read_it_is_not_mixed(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1, "message": {"text": "oi"}})
    pipeline.build()

    with (
        pipeline.lake.open(DEDUPED_UPDATES.name, DAY) as deduped,
        WorkerProcesses(pipeline.lake, 2, least_updates=1) as workers,
    ):
        pipeline.land({"update_id": 2, "message": {"text": "oi"}})
        pipeline.build()
        enriched = workers.enrichment(DAY).enriched(deduped, RowMarks(), PARAMETERS.personal_data)
        with pytest.raises(TransientStoreError, match="was replaced while it was being read"):
            list(enriched)


def test_workers_build_neither_small_days_nor_those_of_lakes_in_memory(tmp_path: Path) -> None:
    disk, memory = Lake(tmp_path.as_uri()), Lake("memory://")

    assert WorkerProcesses(disk, 2, least_updates=10).are_for(10)
    assert not WorkerProcesses(disk, 2, least_updates=10).are_for(9)
    assert not WorkerProcesses(memory, 2, least_updates=10).are_for(10)
    assert not WorkerProcesses(disk, 1, least_updates=10).are_for(10)


def test_work_that_is_given_up_half_way_leaves_no_files(pipeline: Pipeline) -> None:
    pipeline.put("7-1.ndjson", b"\n".join(message(number) for number in range(100)))
    pipeline.build()

    with (
        pipeline.lake.open(DEDUPED_UPDATES.name, DAY) as deduped,
        WorkerProcesses(pipeline.lake, 2, least_updates=1) as workers,
    ):
        rows = workers.enrichment(DAY).enriched(deduped, RowMarks(), PARAMETERS.personal_data)
        next(iter(rows))
        assert leftovers(pipeline.folder)

    assert not leftovers(pipeline.folder)


@pytest.mark.parametrize(
    ("name", "updates"),
    [("7-{}.json", 3), ("7-{}.ndjson", 309), ("7-{}.ndjson.gz", 2_196), ("sealed", 2_196)],
)
def test_the_updates_of_a_day_are_estimated_from_its_listing(name: str, updates: int) -> None:
    sealed = sealed_key(DAY, "0" * 32)
    keys = [sealed if name == "sealed" else name.format(number) for number in range(3)]
    listed = pa.table({"object_key": keys, "size": pa.array([51_200] * 3, pa.int64())})

    assert listed_updates(listed) == updates


@pytest.mark.slow
def test_a_killed_worker_fails_the_build_and_leaves_the_old_partition(pipeline: Pipeline) -> None:
    # Given a day that is built, and one more update
    pipeline.land({"update_id": 1, "message": {"text": "oi"}})
    pipeline.build()
    before = contents(pipeline.lake)
    pipeline.land({"update_id": 2, "message": {"text": "oi"}})

    # When a worker is killed while the others build the day
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(_kill_first_child)
        with pytest.raises(WorkersKilledError, match="set TG_WORKERS to a smaller number"):
            build(pipeline, pipeline.lake, PARAMETERS, 2)
        killed.result()

    # Then nothing has changed, and the next build succeeds
    assert contents(pipeline.lake) == before
    assert not leftovers(pipeline.folder)
    assert build(pipeline, pipeline.lake, PARAMETERS, 2).enriched.enriched.rows == 2


def sleep(_lake: Lake, _place: ShardPlace, seconds: bytes) -> TaskReport:
    """Do nothing for a while: a task."""
    time.sleep(int(seconds))
    return TaskReport()


def _kill_first_child() -> None:
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    os.kill(children[0].pid or 0, signal.SIGKILL)


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    # Given a process whose workers are busy
    code = (
        "import multiprocessing, time\n"
        "from tg_pipeline.lake.partitions import Lake\n"
        "from tg_pipeline.parallel.processes import WorkerProcesses\n"
        "from tg_pipeline_tests.parallel.test_processes import sleep\n"
        "if __name__ == '__main__':\n"
        f"    workers = WorkerProcesses(Lake({tmp_path.as_uri()!r}), 2)\n"
        "    results = workers.run(sleep, [b'0', b'0', b'0', b'0', b'0', b'60', b'60'])\n"
        "    next(results)\n"
        "    print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n"
        "    list(results)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2

        # When it is killed
        parent.kill()

    # Then they end as well
    for _ in range(500):
        if not any(map(_is_running, workers)):
            return
        time.sleep(0.02)
    pytest.fail("a worker is still running")


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
