"""The operations that must be durable when they report success, and whole whenever they end.

Each is prepared and judged by a test, and carried out by a process that may be killed.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import obstore

from lambda_ingest.landing import TrustLevel, day_prefix
from lambda_ingest.store import open_store, put_if_absent
from lambda_ingest.writer import LandingWriter
from tg_pipeline.lake.floors import Floors, raise_floors, read_floors
from tg_pipeline.lake.footer_index import PREFIX as INDEX_PREFIX
from tg_pipeline.lake.footer_index import read_footer_index
from tg_pipeline.lake.landing_state import ReadListing, as_read, read_state, state_key, write_state
from tg_pipeline.lake.partitions import Lake, partition_key
from tg_pipeline.landing.zone import OBJECTS
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.storage.idempotency import IdempotencyStore
from tg_pipeline_tests.conftest import DAY, TIMEZONE, Pipeline

NOW: Final = datetime(2026, 10, 7, 15, tzinfo=UTC)
KEY: Final = f"{day_prefix(DAY)}/7-1.json"
BODY: Final = b'{"update_id": 1, "poll": {"id": "1"}}'
OTHER_BODY: Final = b'{"update_id": 1, "poll": {"id": "2"}}'
NO_UPDATE: Final = b"not an update"
OLD, NEW = "old", "new"


@dataclass(frozen=True)
class DurableOperation:
    """Something that a process does, after which it reports success."""

    prepare: Callable[[Path], None]
    act: Callable[[Path], None]
    state: Callable[[Path], str]
    """Returns OLD or NEW, and anything else for something half done."""
    objects: str
    """A pattern of the names that must always be whole."""
    acknowledged: Callable[[Path], list[Path]]
    """Returns the files that must survive a power cut after success."""


def landing_of(place: Path) -> Path:
    return place / "landing"


def writer_of(place: Path) -> LandingWriter:
    return LandingWriter(
        open_store(landing_of(place).as_uri()), 7, ZoneInfo(TIMEZONE), TrustLevel.NETWORK
    )


def _nothing(_: Path) -> None:
    pass


def _has_body(path: Path, body: bytes) -> str:
    if not path.exists():
        return OLD
    return NEW if path.read_bytes() == body else "half"


def _put(place: Path) -> None:
    assert put_if_absent(open_store(landing_of(place).as_uri()), KEY, BODY, NOW)


def _put_again(place: Path) -> None:
    assert not put_if_absent(open_store(landing_of(place).as_uri()), KEY, BODY, NOW)


def _write(body: bytes) -> Callable[[Path], None]:
    def write(place: Path) -> None:
        assert writer_of(place).write(body, NOW).status.is_stored

    return write


def _rejected(place: Path) -> list[Path]:
    return list(landing_of(place).rglob("rejected/*/*.json"))


def _rejected_state(place: Path) -> str:
    found = _rejected(place)
    if not found:
        return OLD
    return NEW if "body_base64" in json.loads(found[0].read_bytes()) else "half"


def _lake(place: Path) -> Lake:
    return Lake((place / "lake").as_uri())


def _publish(rows: int) -> Callable[[Path], None]:
    def publish(place: Path) -> None:
        lake = _lake(place)
        with lake.writer(RAW_UPDATES.name, DAY, RAW_UPDATES.schema) as output:
            output.commit(rows=str(rows))

    return publish


def _partition(place: Path) -> Path:
    return place / "lake" / partition_key(RAW_UPDATES.name, DAY)


def _published(old: str | None) -> Callable[[Path], str]:
    def state(place: Path) -> str:
        footer = _lake(place).footer_or_raise(RAW_UPDATES.name, DAY)
        rows = footer.metadata["rows"] if footer else None
        return {old: OLD, "2": NEW}.get(rows, "half")

    return state


LISTING: Final = ReadListing("listing", 0, "rows")


def _write_listing(fingerprint: str) -> Callable[[Path], None]:
    def write(place: Path) -> None:
        listing = replace(LISTING, fingerprint=fingerprint)
        write_state(_lake(place), DAY, listing, as_read(OBJECTS.empty_table()))

    return write


def _listing_state(place: Path) -> str:
    found = read_state(_lake(place), DAY)
    return found[0].fingerprint if found else "half"


def _save_index(place: Path) -> None:
    lake = _lake(place)
    read_footer_index(lake, RAW_UPDATES.name).save(lake)


def _publish_another(place: Path) -> None:
    _publish(1)(place)
    _save_index(place)
    _publish(2)(place)


def _index_path(place: Path) -> Path:
    return place / "lake" / INDEX_PREFIX / f"{RAW_UPDATES.name}.json.gz"


def _index_state(place: Path) -> str:
    stored = gzip.decompress(_index_path(place).read_bytes())
    return NEW if b'"rows":"2"' in stored else OLD


def _raise_floors(day: date) -> Callable[[Path], None]:
    def act(place: Path) -> None:
        raise_floors(open_store(landing_of(place).as_uri()), Floors(raw=day))

    return act


def _floors_state(place: Path) -> str:
    floors = read_floors(open_store(landing_of(place).as_uri()))
    return {DAY: OLD, date(2026, 10, 8): NEW}.get(floors.raw or DAY, "half")


def _claims(place: Path) -> IdempotencyStore:
    return IdempotencyStore(open_store((place / "lake").as_uri()), lambda: NOW)


def _acquire(place: Path) -> None:
    assert _claims(place).acquire("sent/digest")


def _claim_state(place: Path) -> str:
    claim = _claims(place).read("sent/digest")
    if claim is None:
        return OLD
    return NEW if claim.claimed_at == NOW else "half"


def _land_day(place: Path) -> None:
    pipeline = Pipeline(place)
    for number in range(3):
        put_if_absent(pipeline.landing, f"{day_prefix(DAY)}/7-{number}.json", BODY, NOW)
    pipeline.put("broken.json", b"?")


def _build_day(place: Path) -> None:
    Pipeline(place).build()


def _day_state(place: Path) -> str:
    (state,) = Pipeline(place).states()
    return OLD if state.is_stale else NEW


def _built(place: Path) -> list[Path]:
    lake = place / "lake"
    return [path for path in lake.rglob("*") if path.is_file()]


def _land_and_build_day(place: Path) -> None:
    _land_day(place)
    _build_day(place)
    obstore.put(Pipeline(place).landing, f"{day_prefix(DAY)}/7-9.json", BODY)


OPERATIONS: Final[dict[str, DurableOperation]] = {
    "the first update of a day": DurableOperation(
        _nothing,
        _put,
        lambda place: _has_body(landing_of(place) / KEY, BODY),
        r"/telegram/.*\.json$",
        lambda place: [landing_of(place) / KEY],
    ),
    "an update that is sent again": DurableOperation(
        _put,
        _put_again,
        lambda place: _has_body(landing_of(place) / KEY, BODY),
        r"/telegram/.*\.json$",
        lambda place: [landing_of(place) / KEY],
    ),
    "another update with the same id": DurableOperation(
        _put, _write(OTHER_BODY), _rejected_state, r"/(telegram|rejected)/.*\.json$", _rejected
    ),
    "a body that is no update": DurableOperation(
        _nothing, _write(NO_UPDATE), _rejected_state, r"/rejected/.*\.json$", _rejected
    ),
    "the first partition": DurableOperation(
        _nothing,
        _publish(2),
        _published(None),
        r"/context_date=[^/]*/[^/]*\.parquet$",
        lambda place: [_partition(place)],
    ),
    "a partition that is replaced": DurableOperation(
        _publish(1),
        _publish(2),
        _published("1"),
        r"/context_date=[^/]*/[^/]*\.parquet$",
        lambda place: [_partition(place)],
    ),
    "a listing that is replaced": DurableOperation(
        _write_listing(OLD),
        _write_listing(NEW),
        _listing_state,
        r"/listings/[^/]*\.arrow$",
        lambda place: [place / "lake" / state_key(DAY)],
    ),
    "the index of a table's footers": DurableOperation(
        _publish_another,
        _save_index,
        _index_state,
        r"/indexes/[^/]*\.json\.gz$",
        lambda place: [_index_path(place)],
    ),
    "a floor": DurableOperation(
        _raise_floors(DAY),
        _raise_floors(date(2026, 10, 8)),
        _floors_state,
        r"/floors/.*\.json$",
        lambda place: list((landing_of(place) / "privacy" / "floors").glob("*2026-10-08.json")),
    ),
    "a claim": DurableOperation(
        _nothing,
        _acquire,
        _claim_state,
        r"/sent/digest$",
        lambda place: [place / "lake/sent/digest"],
    ),
    "the first build of a day": DurableOperation(
        _land_day,
        _build_day,
        _day_state,
        r"/(context_date=[^/]*/[^/]*\.parquet|listings/[^/]*\.arrow)$",
        _built,
    ),
    "a build after more has landed": DurableOperation(
        _land_and_build_day,
        _build_day,
        _day_state,
        r"/(context_date=[^/]*/[^/]*\.parquet|listings/[^/]*\.arrow)$",
        _built,
    ),
}


def run_operation(name: str, place: str, gate: str) -> int:
    """Carry out an operation once the gate is opened, and report success."""
    with Path(gate).open("rb", buffering=0) as opened:
        opened.read(1)
    OPERATIONS[name].act(Path(place))
    print("acknowledged", flush=True)
    return 0
