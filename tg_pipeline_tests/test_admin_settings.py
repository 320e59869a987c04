"""Where the people who run the bot are told of it: off, until it is set, and set wrongly, told."""

from pathlib import Path

import pytest

from lambda_ingest.settings import Secret, SettingsError
from tg_pipeline.report.messages import LANGUAGES as REPORT_LANGUAGES
from tg_pipeline.report.models import DigestKind
from tg_pipeline.settings import DIGESTS, LANGUAGES, AdminSettings, Settings


def admin(tmp_path: Path, **environment: str) -> AdminSettings:
    return Settings.from_environment(environment, tmp_path).admin


def test_unless_it_is_set_nobody_is_told_anything(tmp_path: Path) -> None:
    empty = dict.fromkeys(["TG_ADMIN_CHAT_ID", "TG_DIGEST", "TG_DIGEST_LANG", "TG_ALERT_URL"], "")

    assert admin(tmp_path) == admin(tmp_path, **empty) == AdminSettings(None, None, "en", None)


@pytest.mark.parametrize("chat", ["-1001234567890", "5", "@my_channel", "@abcd"])
@pytest.mark.parametrize("digest", ["day", "week"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_chat_a_digest_and_its_language_are_read(
    tmp_path: Path, chat: str, digest: str, language: str
) -> None:
    told = admin(tmp_path, TG_ADMIN_CHAT_ID=chat, TG_DIGEST=digest, TG_DIGEST_LANG=language)

    assert (told.chat_id, told.digest, told.language) == (chat, digest, language)


WRONG = {
    "TG_ADMIN_CHAT_ID=my chat": "TG_ADMIN_CHAT_ID='my chat' is no chat's number and no @name",
    "TG_ADMIN_CHAT_ID=-": "TG_ADMIN_CHAT_ID='-' is no chat's number",
    "TG_ADMIN_CHAT_ID=-100.5": "TG_ADMIN_CHAT_ID='-100.5' is no chat's number",
    "TG_ADMIN_CHAT_ID=@a/b/../c": "is no chat's number and no @name",
    "TG_ADMIN_CHAT_ID=5\n": "is no chat's number and no @name",
    "TG_DIGEST=month": "TG_DIGEST='month' is none of day, week",
    "TG_DIGEST=Day": "TG_DIGEST='Day' is none of day, week",
    "TG_DIGEST_LANG=es": "TG_DIGEST_LANG='es' is none of en, pt",
}


@pytest.mark.parametrize("setting", WRONG)
def test_what_is_set_wrongly_is_told_by_name(tmp_path: Path, setting: str) -> None:
    name, _, value = setting.partition("=")

    with pytest.raises(SettingsError) as caught:
        admin(tmp_path, **{name: value})

    assert WRONG[setting] in str(caught.value)


def test_an_alert_s_address_is_a_secret_and_wrong_is_not_shown(tmp_path: Path) -> None:
    told = admin(tmp_path, TG_ALERT_URL="https://hooks.example/secret")

    assert told.alert_url == Secret("https://hooks.example/secret")
    assert "secret" not in repr(told)
    with pytest.raises(SettingsError) as caught:
        admin(tmp_path, TG_ALERT_URL="ftp://hooks.example/secret")
    assert str(caught.value) == "TG_ALERT_URL is no http:// or https:// address."


def test_what_can_be_set_is_what_a_digest_can_be() -> None:
    assert tuple(kind.value for kind in DigestKind) == DIGESTS
    assert tuple(REPORT_LANGUAGES) == LANGUAGES
