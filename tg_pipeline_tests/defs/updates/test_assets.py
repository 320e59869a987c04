"""Days through Dagster: what a run builds, records and checks."""

import errno
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.landing import day_prefix
from lambda_ingest.privacy.suppression import PrivacyKeyError
from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import Conservation
from tg_pipeline.defs import metadata
from tg_pipeline.defs.alerts.failures import failure_reason
from tg_pipeline.defs.metadata import as_dagster_failure
from tg_pipeline.defs.partitions import DAYS_PER_RUN, SETTINGS, group_into_ranges
from tg_pipeline.defs.updates import assets
from tg_pipeline.lake.floors import Floors, raise_floors
from tg_pipeline.storage.errors import TransientStoreError
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

NEXT_DAY, LATER = DAY + timedelta(days=1), DAY + timedelta(days=21)
CALLBACK = {"update_id": 1, "callback_query": {"id": "1", "data": "sim"}}
MESSAGE = {"update_id": 2, "message": {"message_id": 1, "date": 1_791_378_000, "text": "oi"}}


def test_a_span_of_days_is_one_run_and_each_day_has_its_own_counts(house: House) -> None:
    # Given a callback that landed on both sides of midnight, a message, and garbage
    house.pipeline.land(CALLBACK, MESSAGE, day=DAY)
    house.pipeline.land(CALLBACK, day=NEXT_DAY)
    house.pipeline.put("garbage.json", b"{", day=NEXT_DAY)

    assert house.run(DAY, NEXT_DAY).success

    raw, next_raw = (house.metadata("raw_updates", day) for day in (DAY, NEXT_DAY))
    assert (raw["rows"], raw["quarantined"], raw["new_objects_read"]) == (2, 0, 2)
    assert (next_raw["rows"], next_raw["quarantined"], next_raw["new_objects_read"]) == (1, 1, 2)
    assert house.metadata("deduped_updates", DAY)["duplicates"] == 0
    assert house.metadata("deduped_updates", NEXT_DAY)["duplicates"] == 1
    assert house.metadata("enriched_updates", NEXT_DAY)["rows"] == 0
    assert house.metadata("quarantine", NEXT_DAY)["rows"] == 1
    assert house.metadata("landing", NEXT_DAY)["objects"] == 2


def test_a_day_shows_its_size_its_first_rows_its_hours_and_passed_checks(house: House) -> None:
    house.pipeline.land(CALLBACK, MESSAGE)

    evaluations = house.run(DAY).get_asset_check_evaluations()

    shown = house.metadata("enriched_updates", DAY)
    assert shown["bytes"] > 0
    assert shown["seconds"] >= 0
    assert "| `message` | `text` |" in shown["preview"]
    assert "█" in shown["hours"]
    assert all(each.passed for each in evaluations)
    metadata = {each.check_name: each.metadata for each in evaluations}
    assert "unread" in metadata.pop("all_fields_are_known")
    assert metadata.pop("update_ids_are_complete")["lost_updates"].value == 0
    assert metadata.pop("copies_are_equal")["conflicts"].value == 0
    rows = {name: each["rows_entered"].value for name, each in metadata.items()}
    assert rows["landed_lines_are_conserved"] == 2
    assert rows["raw_rows_are_conserved"] == 2
    assert rows["deduped_rows_are_conserved"] == 2


def test_what_no_column_reads_is_a_warning_with_a_masked_example(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a type and a field that the Bot API did not have yet, and a field written out as null
    hologram = {"owner": "Ana", "sizes": [3, 4], "by_user": {"5": True}}
    for number in (2, 3):
        content = {"text": "oi", "hologram": hologram, "aura": None}
        house.pipeline.land({"update_id": number, "message": content})
    house.pipeline.land({"update_id": 4, "telepathy": {"thought": "segredo"}})

    # When the day is built
    run = house.run(DAY)

    # Then the run succeeds, and the check warns, on Dagster's page and in one line of the log
    assert run.success
    (check,) = (each for each in run.get_asset_check_evaluations() if not each.passed)
    assert (check.check_name, check.severity) == (
        *("all_fields_are_known", dg.AssetCheckSeverity.WARN),
    )
    assert check.description == "New: message.hologram (2), telepathy (1)."
    shown = str(check.metadata["unread"].value)
    assert '| 2 | `{"owner": "…", "sizes": [0], "by_user": {"…": true}}` |' in shown
    assert '| 1 | `{"thought": "…"}` |' in shown
    assert house.metadata("enriched_updates", DAY)["names_unread"] == 2
    (line,) = (each.message for each in caplog.records if each.name == "tg_pipeline.drift")
    assert "message.hologram (2), telepathy (1)" in line


def test_lost_updates_are_a_warning_with_their_ids_and_the_likely_cause(house: House) -> None:
    # Given three days of updates, of which some were never stored
    for number in (1, 2, 5, 9):
        day = DAY + timedelta(days=number // 5)
        at = datetime.combine(day, time(15), UTC)
        body = json.dumps({"update_id": number, "message": {"text": "oi"}}).encode()
        house.pipeline.put(f"7-{number}.json", body, day, at)

    # When the days are built, on the third day after the first
    run = house.run(DAY, NEXT_DAY)

    # Then the run succeeds, and the check warns
    assert run.success
    (check,) = (each for each in run.get_asset_check_evaluations() if not each.passed)
    assert (check.check_name, check.severity) == (
        *("update_ids_are_complete", dg.AssetCheckSeverity.WARN),
    )
    assert check.metadata["lost_updates"].value == 5
    assert str(check.description).startswith("5 updates of bot 7 are missing in 2 places")
    table = str(check.metadata["gaps"].value)
    assert "| 7 | 3-4 | 2 | 2026-10-08 | they were dropped" in table
    assert "| 7 | 6-8 | 3 | 2026-10-08 | they were dropped" in table


def test_copies_with_other_content_are_a_warning_that_names_them(house: House) -> None:
    # Given a button press that landed again three weeks later, and another update under its id
    other = CALLBACK | {"callback_query": {"id": "2", "data": "nao"}}
    house.pipeline.land(CALLBACK)
    house.pipeline.land(CALLBACK, day=LATER)
    house.pipeline.put("7-other.json", json.dumps(other).encode(), day=LATER)
    assert house.run(DAY).success

    # When the later day is built
    run = house.run(LATER)

    # Then the run succeeds, and the check warns
    assert run.success
    (check,) = (each for each in run.get_asset_check_evaluations() if not each.passed)
    assert (check.check_name, check.severity) == ("copies_are_equal", dg.AssetCheckSeverity.WARN)
    assert check.description
    assert f"than the row that is kept: 1, landed on {LATER}." in check.description
    assert f"| {LATER} | 1 | 7: 1 |" in str(check.metadata["unequal"].value)
    shown = house.metadata("deduped_updates", LATER)
    assert (shown["rows"], shown["duplicates"], shown["conflicts"]) == (0, 2, 1)


def test_the_first_partition_is_built_without_the_day_before_it(house: House) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 1))

    assert house.run(date(2026, 10, 1)).success


@pytest.mark.slow  # two runs
def test_a_backfill_of_a_day_that_expired_neither_empties_nor_revives_its_tables(
    house: House,
) -> None:
    # Given two built days, of which the first expired but for its enriched_updates and marts
    house.pipeline.land(MESSAGE, day=DAY)
    house.pipeline.land(CALLBACK, day=NEXT_DAY)
    assert house.run(DAY, NEXT_DAY).success
    obstore.delete(house.pipeline.landing, f"{day_prefix(DAY)}/7-2.json")
    for table in ("raw_updates", "quarantine", "deduped_updates", "listings"):
        house.pipeline.lose(f"{table}/context_date={DAY}")
    raise_floors(house.pipeline.landing, Floors(landing=NEXT_DAY, raw=NEXT_DAY))
    before = {each["path"]: each["e_tag"] for each in house.pipeline.objects()}

    # When something lands on it, and both days are built
    house.pipeline.land(MESSAGE | {"update_id": 3}, day=DAY)
    assert house.run(DAY, NEXT_DAY).success

    # Then its tables are those from before
    after = {each["path"]: each["e_tag"] for each in house.pipeline.objects()}
    expired = f"context_date={DAY}/"
    assert {path for path in after if expired in path} == {p for p in before if expired in p}
    assert all(after[path] == before[path] for path in after if expired in path)


def test_a_lost_line_fails_its_check_and_stops_the_downstream_assets(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a raw layer that loses a line, and an operator who reads Portuguese
    house.pipeline.land(MESSAGE)
    monkeypatch.setattr(metadata, "SETTINGS", replace(SETTINGS, language="pt"))
    monkeypatch.setattr(assets, "raw_conservation", lambda day, _built: Conservation(day, 2, 1))

    result = house.run(DAY)

    assert not result.success
    failed = result.get_asset_check_evaluations()[0]
    assert (failed.passed, failed.description) == (False, "Rows were lost or added in raw_updates.")
    assert failure_reason(house.instance, result.run_id) == (
        f"{failed.check_name}: Linhas se perderam ou surgiram em raw_updates."
    )
    assert house.instance.get_materialized_partitions(dg.AssetKey("deduped_updates")) == set()


@pytest.mark.parametrize(
    ("error", "sentence", "is_retried"),
    [
        (OSError(errno.ENOSPC, "full"), "No space left on device: file:///lake", False),
        (PermissionError(errno.EACCES, "no", "/data"), "Permission denied: /data", False),
        (StoreError("file:///x can't be opened: no."), "file:///x can't be opened: no.", False),
        (PrivacyKeyError("TG_PRIVACY_KEY is another."), "TG_PRIVACY_KEY is another.", False),
        (TransientStoreError("it answers 503 SlowDown."), "it answers 503 SlowDown.", True),
    ],
)
def test_a_store_error_is_one_sentence_and_only_a_transient_one_is_retried(
    error: Exception, sentence: str, *, is_retried: bool
) -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failure("file:///lake"):
        raise error

    assert failure.value.description == sentence
    assert failure.value.allow_retries is is_retried


def test_other_errors_are_left_to_the_retry_policy() -> None:
    with pytest.raises(TimeoutError), as_dagster_failure("file:///lake"):
        raise TimeoutError(errno.ETIMEDOUT, "slow")


def test_an_error_of_a_library_is_named_and_placed_but_not_quoted() -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failure("file:///lake"):
        int("a name")

    assert "a name" not in str(failure.value.description)
    assert re.match(r"ValueError in test_assets\.py, line \d+\.", str(failure.value.description))
    assert failure.value.__suppress_context__


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 6, 30))))
def test_ranges_cover_each_day_once_without_gaps_and_none_is_longer_than_a_month(
    days: set[date],
) -> None:
    spans = group_into_ranges(days)

    covered = [
        first + timedelta(days=number)
        for first, last in spans
        for number in range((last - first).days + 1)
    ]
    assert covered == sorted(days)
    assert all((last - first).days < DAYS_PER_RUN for first, last in spans)
