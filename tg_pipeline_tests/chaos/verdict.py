"""`verify`: compare what the lake holds with what was sent, in plain Python."""

import base64
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pyarrow.parquet as pq

from tg_pipeline_tests.chaos.reference import Reference, UpdateKey
from tg_pipeline_tests.chaos.sites import LAKE, LANDING, REBUILT, ChaosSite

DAY: Final = re.compile(r"context_date=(\d{4}-\d{2}-\d{2})")
SHOWN: Final = 5
"""Examples that a problem names."""

Rows = dict[date, list[dict[str, Any]]]


@dataclass
class Verdict:
    """The counts of what must be 0, and what is wrong in words."""

    updates: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    misplaced: int = 0
    litter: int = 0
    differing: int = 0
    objects: int = 0
    """Parquet objects that were compared."""
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.problems

    def require(self, what: str, wrong: Iterable[object]) -> int:
        """Record what is wrong, if anything; return how much."""
        found = list(map(str, wrong))
        if found:
            examples = ", ".join(sorted(found)[:SHOWN])
            self.problems.append(f"{len(found)} {what}: {examples}")
        return len(found)


def verify(site: ChaosSite, reference: Reference) -> Verdict:
    """Compare everything; the world has settled, and was built again from scratch."""
    verdict = Verdict(len(reference.updates))
    landing, lake = site.objects(LANDING), site.objects(LAKE)
    raw, quarantine = _rows(lake, "raw_updates"), _rows(lake, "quarantine")
    deduped, enriched = _rows(lake, "deduped_updates"), _rows(lake, "enriched_updates")
    acknowledged = reference.acknowledged()
    verdict.acknowledged = len(acknowledged)
    raw_keys, enriched_keys = set(_keys(raw)), Counter(_keys(enriched))

    verdict.lost += verdict.require(
        "acknowledged updates are not in raw_updates", acknowledged - raw_keys
    )
    verdict.lost += verdict.require(
        "updates are in raw_updates and not in enriched_updates", raw_keys - set(enriched_keys)
    )
    verdict.doubled += verdict.require(
        "updates are in enriched_updates twice",
        (f"{key} on {_days_of(enriched, key)}" for key, n in enriched_keys.items() if n > 1),
    )
    verdict.require("updates were never sent", raw_keys - set(reference.updates))
    verdict.lost += verdict.require(
        "acknowledged bodies are not in the landing zone byte by byte",
        _lost_bodies(reference, landing),
    )
    verdict.misplaced = verdict.require(
        "updates are on a wrong day", _misplaced(reference, enriched)
    )
    _check_counts(verdict, landing, {"raw": raw, "quarantine": quarantine})
    verdict.require(
        "days whose quarantine has not the unreadable lines", _bad_lines(reference, quarantine)
    )
    verdict.require("days with a wrong number of messages", _miscounted(reference, enriched, lake))
    verdict.require(
        "days have other rows in deduped_updates than in enriched_updates",
        (day for day in deduped if len(deduped[day]) != len(enriched.get(day, []))),
    )
    verdict.litter = verdict.require("files are litter", site.litter())
    built, rebuilt = site.digests(LAKE), site.digests(REBUILT)
    verdict.objects = len(built)
    verdict.differing = verdict.require(
        "Parquet objects differ from a build from scratch",
        (key for key in built.keys() | rebuilt.keys() if built.get(key) != rebuilt.get(key)),
    )
    return verdict


def _rows(lake: dict[str, bytes], table: str) -> Rows:
    columns = ["bot_id", "update_id"] if table != "quarantine" else ["object_key", "bytes"]
    found: Rows = {}
    for key, body in lake.items():
        if key.startswith(f"{table}/") and key.endswith(".parquet"):
            wanted = [*columns, "is_written"] if table == "enriched_updates" else columns
            found[_day_of(key)] = pq.read_table(io.BytesIO(body), columns=wanted).to_pylist()
    return found


def _day_of(key: str) -> date:
    found = DAY.search(key)
    assert found, key
    return date.fromisoformat(found[1])


def _keys(rows: Rows) -> Iterator[UpdateKey]:
    for day in rows.values():
        for row in day:
            yield row["bot_id"], row["update_id"]


def _days_of(rows: Rows, key: UpdateKey) -> str:
    days = (day for day, found in rows.items() for row in found if _key(row) == key)
    return " ".join(map(str, sorted(days)))


def _key(row: dict[str, Any]) -> UpdateKey:
    return row["bot_id"], row["update_id"]


def _lines(key: str, body: bytes) -> list[bytes]:
    """Return the lines of a landed object."""
    content = gzip.decompress(body) if key.endswith(".gz") else body
    if ".ndjson" not in key:
        return [content]
    return [line for line in content.split(b"\n") if line.strip()]


def _lost_bodies(reference: Reference, landing: dict[str, bytes]) -> Iterator[str]:
    stored = set[bytes]()
    for key, body in landing.items():
        if key.startswith("telegram/"):
            stored.update(_one_line(line) for line in _lines(key, body))
        elif key.startswith("rejected/"):
            stored.add(_one_line(base64.b64decode(json.loads(body)["body_base64"])))
    for update in reference.updates.values():
        # A file that is landed has its own spelling of the same JSON.
        spellings = {_one_line(update.body), json.dumps(json.loads(update.body)).encode()}
        if update.is_acknowledged and not spellings & stored:
            yield str(update.key)
    for body, is_acknowledged in reference.no_updates.items():
        if is_acknowledged and not {body, _one_line(body)} & stored:
            yield repr(body)


def _one_line(body: bytes) -> bytes:
    return body.replace(b"\r", b" ").replace(b"\n", b" ")


def _misplaced(reference: Reference, enriched: Rows) -> Iterator[str]:
    for day, rows in enriched.items():
        for row in rows:
            update = reference.updates.get(_key(row))
            is_certain = update and update.key not in reference.contested
            if update and is_certain and not reference.may_be_on(update, day):
                days = " ".join(map(str, sorted(reference.days(update))))
                yield f"{update} on {day}, not {days}"


def _check_counts(verdict: Verdict, landing: dict[str, bytes], tables: dict[str, Rows]) -> None:
    """Check that each landed line is a row of raw_updates or of quarantine."""
    lines = Counter[date]()
    for key, body in landing.items():
        if key.startswith("telegram/"):
            lines[_day_of(key)] += len(_lines(key, body))
    rows = Counter[date]()
    for table in tables.values():
        for day, found in table.items():
            rows[day] += len(found)
    verdict.require(
        "days have other rows than landed lines",
        (
            f"{day} ({lines[day]} lines, {rows[day]} rows)"
            for day in lines | rows
            if lines[day] != rows[day]
        ),
    )


def _bad_lines(reference: Reference, quarantine: Rows) -> Iterator[str]:
    for day in {*reference.bad_lines, *quarantine}:
        expected, found = reference.bad_lines[day], len(quarantine.get(day, []))
        if expected != found:
            yield f"{day} ({expected} lines, {found} rows)"


def _miscounted(reference: Reference, enriched: Rows, lake: dict[str, bytes]) -> Iterator[str]:
    """Compare daily_activity with the messages that were sent."""
    for day, expected in reference.certain_messages().items():
        messages = {_key(row) for row in enriched.get(day, []) if row["is_written"]}
        mart = lake.get(f"daily_activity/context_date={day}/part-0.parquet")
        counted = 0
        if mart is not None:
            table = pq.read_table(io.BytesIO(mart), columns=["messages"])
            counted = sum(table["messages"].to_pylist())
        if not expected <= messages or counted != len(messages):
            yield f"{day} ({len(expected)} sent, {len(messages)} rows, {counted} counted)"
