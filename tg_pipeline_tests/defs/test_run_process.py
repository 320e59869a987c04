"""A process is known to live, and no run but its own is taken to live in it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tg_pipeline.defs.run_process import RunProcess, this_machine, this_process
from tg_pipeline_tests.defs.watched import end, marked


def test_a_process_lives_until_it_is_killed(tmp_path: Path) -> None:
    with marked(tmp_path) as (child, process):
        assert (process.pid, process.is_here, process.has_ended) == (child.pid, True, False)

        end(child)

        assert process.has_ended
        assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_by_itself_leaves_nothing(tmp_path: Path) -> None:
    with this_process(tmp_path) as process:
        assert not process.has_ended

    assert process.has_ended
    assert list(tmp_path.iterdir()) == []


def test_of_a_process_of_another_machine_nothing_can_be_told(tmp_path: Path) -> None:
    with marked(tmp_path) as (child, process):
        elsewhere = replace(process, machine="another")
        end(child)

        assert (elsewhere.is_here, elsewhere.has_ended) == (False, False)


def test_a_run_s_tag_names_the_process_of_that_run_alone() -> None:
    process = RunProcess("a machine", 7, Path("/a|b"))
    tags = process.tags("this run")

    assert RunProcess.of("this run", tags) == process
    assert RunProcess.of("one that was made with the tags of this", tags) is None
    assert RunProcess.of("one of Dagster's", {}) is None


def test_a_tag_does_not_show_the_machine_s_confidential_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def machine(number: str) -> str:
        (tmp_path / "machine-id").write_text(f"{number}\n")
        return this_machine()

    monkeypatch.setattr("tg_pipeline.defs.run_process.MACHINE_ID", tmp_path / "machine-id")
    one, other = "0123456789abcdef" * 2, "fedcba9876543210" * 2

    assert one not in machine(one)
    assert one[:8] not in machine(one)
    assert machine(one) == machine(one) != machine(other)
