"""DuckDB on a short lead."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.duckdb_engine import EngineError, open_engine, run_query


def test_nothing_is_downloaded_and_memory_is_bounded(tmp_path: Path) -> None:
    with open_engine(tmp_path) as engine:
        settings = dict(engine.execute("SELECT name, value FROM duckdb_settings()").fetchall())

    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
    assert settings["memory_limit"] == "953.6 MiB"
    assert settings["temp_directory"] == str(tmp_path)
    assert settings["TimeZone"] == "UTC"


def test_what_does_not_fit_into_memory_spills_into_the_folder(tmp_path: Path) -> None:
    with open_engine(tmp_path) as engine:
        engine.execute("SET memory_limit = '60MB'")
        engine.execute(
            "CREATE TABLE many AS SELECT range AS n, hash(range) AS h FROM range(8e6::int)"
        )
        (spilled,) = engine.execute("SELECT count(*) FROM duckdb_temporary_files()").fetchall()

    assert spilled[0] > 0


def test_a_query_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError, match="enriched_updates does not exist") as failure,
        open_engine(tmp_path) as engine,
    ):
        list(run_query(engine, MESSAGES, "UTC"))

    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    "zone", ["America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Asia/Kolkata", "UTC"]
)
def test_its_clocks_are_those_by_which_updates_land(tmp_path: Path, zone: str) -> None:
    # Given every sixth hour since Telegram's launch: DuckDB has a table of time zones of its own
    hours = range(1_376_438_400, 2_082_758_400, 6 * 3_600)
    times = [datetime.fromtimestamp(second, UTC) for second in hours]

    with open_engine(tmp_path) as engine:
        engine.register("times", pa.table({"instant": times}))
        query = "SELECT instant AT TIME ZONE $zone FROM times ORDER BY instant"
        local = engine.sql(query, params={"zone": zone}).fetchall()

    assert [clock for (clock,) in local] == [
        at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in times
    ]
