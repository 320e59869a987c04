"""Telegram's addresses are told from all others."""

import pytest

from lambda_ingest.web.addresses import is_from_telegram


@pytest.mark.parametrize(
    "address",
    [
        *("149.154.160.0", "149.154.167.220", "149.154.175.255"),
        *("91.108.4.0", "91.108.7.255", "::ffff:149.154.167.220"),
    ],
)
def test_both_networks_are_telegram_s_also_as_ipv6_shows_them(address: str) -> None:
    assert is_from_telegram(address)


@pytest.mark.parametrize(
    "address",
    [
        *("149.154.159.255", "149.154.176.0", "91.108.3.255", "91.108.8.0", "127.0.0.1"),
        *("::1", "2001:67c:4e8::1", "::ffff:127.0.0.1", "149.154.167.220, 10.0.0.1"),
        *("", "149.154.167", "0149.154.167.220", "telegram.org", "149.154.167.220:443"),
    ],
)
def test_every_other_text_is_not(address: str) -> None:
    assert not is_from_telegram(address)
