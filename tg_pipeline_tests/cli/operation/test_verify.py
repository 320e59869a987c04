"""`tg-pipeline verify`: it finds flipped bits, and the next run builds what they are in."""

import pyarrow.parquet as pq
import pytest

from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.fakes.flipped_bits import flip_value


@pytest.mark.slow
def test_damage_is_found_named_and_repaired(shell: Shell) -> None:
    shell.run("sample", "--days", "2", "--per-day", "60")
    shell.run("run")
    day = f"context_date={FIRST_DAY}/part-0.parquet"
    paths = [
        *(shell.lake / table / day for table in ("raw_updates", "quarantine", "daily_activity")),
        shell.lake / "threads" / "part-0.parquet",
    ]
    assert "0 are damaged" in shell.run("verify").stdout
    whole = {path: flip_value(path) for path in paths if pq.read_metadata(path).num_rows}

    found = shell.run("verify")
    searched = shell.run("verify", "--repair")

    assert found.returncode == searched.returncode == 1
    for path in whole:
        assert str(path) in found.stdout
    assert "Next: tg-pipeline verify --repair" in found.stdout
    assert "1 damaged" in shell.run("status").stdout
    assert shell.run("status", "--check").returncode == 3
    assert shell.run("run").returncode == 0
    assert {path: path.read_bytes() for path in whole} == whole
    assert shell.run("verify").returncode == 0
    assert shell.run("status", "--check").returncode == 0


@pytest.mark.slow
def test_a_day_that_turns_out_damaged_in_a_run_costs_one_line_and_no_other_day(
    shell: Shell,
) -> None:
    shell.run("sample", "--days", "3", "--per-day", "60")
    shell.run("run")
    raw = shell.lake / f"raw_updates/context_date={FIRST_DAY}/part-0.parquet"
    whole = flip_value(raw)

    built = shell.run("run", "--from", str(FIRST_DAY), "--to", str(FIRST_DAY))

    assert built.returncode == 0, built.stderr
    assert built.stderr.count("was damaged") == 1
    assert f"raw_updates of {FIRST_DAY} was damaged" in built.stderr
    assert raw.read_bytes() == whole
