"""Dagster's instance: what is wrong with it is named, with the remedy."""

from pathlib import Path

import pytest

from tg_pipeline.cli.builds.dagster_instance import open_instance
from tg_pipeline.exceptions import CommandError


@pytest.mark.slow
def test_a_damaged_database_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").touch()
    with open_instance():
        pass
    database = tmp_path / "history" / "runs.db"
    database.write_bytes(b"no database" * 1_000)

    with pytest.raises(CommandError) as caught, open_instance():
        pass

    assert f"{database} is damaged: move it away" in str(caught.value)
    for path in (tmp_path / "history").glob("runs.db*"):
        path.unlink()
    with open_instance() as instance:
        assert instance.get_runs_count() == 0
