"""`tg-pipeline proxy` refuses addresses that would expose tokens or send calls in a circle."""

import pytest

from tg_pipeline_tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--host", "0.0.0.0"), "0.0.0.0 is not an address of this machine alone, and a bot's"),  # noqa: S104
        (("--upstream", "http://localhost:8081"), "The Bot API server at port 8081 would be the"),
        (("--upstream", "ftp://a"), "The Bot API server is not an http:// or https:// URL."),
    ],
)
def test_a_dangerous_address_is_one_clear_line(
    shell: Shell, options: tuple[str, str], error: str
) -> None:
    assert shell.run("proxy", *options).error().startswith(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TG_PROXY", "maybe"),
        ("TG_PROXY_PORT", "0"),
        ("TG_PROXY_SPOOL_BYTES", "1 MB"),
        ("TG_PROXY_NOT_RECORDED", "send message"),
    ],
)
def test_a_wrong_setting_is_named(shell: Shell, name: str, value: str) -> None:
    assert shell.run("proxy", settings={name: value}).error().startswith(f"{name} is n")
