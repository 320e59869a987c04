"""`tg-pipeline run` ends with the marts, and mends those that are missing."""

import shutil

import pyarrow.parquet as pq

from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell


def test_marts_are_built_with_their_days_and_again_where_they_are_gone(shell: Shell) -> None:
    # Given two days of a sample
    shell.run("sample", "--days", "2", "--per-day", "60")

    # When they are built
    built = shell.run("run")

    # Then every mart is there
    assert built.returncode == 0, built.stderr
    for mart in ALL_MARTS:
        days = list((shell.lake / mart.name).rglob("part-0.parquet"))
        assert len(days) == (2 if mart.is_daily else 1)
    assert pq.read_metadata(shell.lake / "messages" / "part-0.parquet").num_rows > 50

    # And where one is lost, the next run builds it, and nothing else
    (shell.lake / "threads" / "part-0.parquet").unlink()
    assert "Built the marts in " in shell.run("run").stdout
    shutil.rmtree(shell.lake / "reactions" / f"context_date={FIRST_DAY}")
    assert f"Built 1 day, {FIRST_DAY} to {FIRST_DAY}," in shell.run("run").stdout
    assert "nothing to build" in shell.run("run").stdout


def test_a_mart_that_can_t_be_written_is_one_clear_line(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")
    shell.lake.mkdir()
    (shell.lake / CUMULATIVE_MARTS[0].name).write_text("in the way")

    done = shell.run("run")

    assert done.returncode == 1
    assert done.stderr.startswith("tg-pipeline: the marts failed: ")
    assert len(done.stderr.splitlines()) == 1
