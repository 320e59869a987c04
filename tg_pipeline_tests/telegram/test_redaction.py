"""Text from elsewhere is shown in one line, without tokens and without the paths of URLs."""

import pytest

from tg_pipeline.telegram.redaction import redact, shorten_url
from tg_pipeline_tests.telegram.conftest import SECRET_HALF, TOKEN


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Connection refused", "Connection refused"),
        ("a\nb\x1b[31m\tc", "a b [31m c"),
        (f"see {SECRET_HALF}", "see ***"),
        (f"see {SECRET_HALF.lower()}!", "see ***!"),
        ("see 123456:AAF0123456789012345678901234567890x", "see ***"),
        ("see 123456%3AAAF0123456789012345678901234567890x", "see ***"),
        ("at https://user:pw@host:8443/a/b?c=d#e, twice", "at https://host:8443/… twice"),
        ("SSL error {error:14094410:SSL routines:x}", "SSL error {error:14094410:SSL routines:x}"),
        ("at 12:30:45", "at 12:30:45"),
    ],
)
def test_tokens_and_paths_are_removed_from_a_text(text: str, redacted: str) -> None:
    assert redact(text, TOKEN) == redacted


@pytest.mark.parametrize(
    ("url", "shortened"),
    [
        ("https://bot.example/telegram", "https://bot.example/…"),
        ("https://bot.example", "https://bot.example/…"),
        (f"https://u:p@bot.example:8443/{SECRET_HALF}?x=1", "https://bot.example:8443/…"),
        (f"https://{SECRET_HALF}.example/", "https://***.example/…"),
        ("http://[", "…"),
        ("nonsense", "…"),
    ],
)
def test_a_url_is_shortened_to_its_host(url: str, shortened: str) -> None:
    assert shorten_url(url, TOKEN) == shortened
