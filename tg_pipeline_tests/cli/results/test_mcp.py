"""`tg-pipeline mcp` before a client is served; the protocol: mcp_server/test_server.py."""

import pytest

from tg_pipeline.cli.results import mcp
from tg_pipeline_tests.cli.conftest import Shell


def test_without_the_extra_the_error_says_how_to_install_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp, "find_spec", lambda _name: None)

    assert "make mcp installs it" in shell.run("mcp").error()


def test_a_lake_in_memory_can_not_be_served(shell: Shell) -> None:
    done = shell.run("mcp", settings={"TG_LAKE_URI": "memory://lake"})

    assert "memory://lake exists only in the process that fills it" in done.error()
