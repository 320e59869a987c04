"""The operator's settings: nothing is sent unless it is set, and a wrong setting is named."""

import re
from pathlib import Path

import pytest

from lambda_ingest.settings import Secret, SettingsError
from tg_pipeline.report.messages import LANGUAGES as REPORT_LANGUAGES
from tg_pipeline.report.models import DigestKind
from tg_pipeline.settings import (
    DIGESTS,
    LANGUAGES,
    AdminSettings,
    Settings,
    exposed_env_file,
    read_ui_origins,
)

WRONG = {
    "TG_ADMIN_CHAT_ID=my chat": "TG_ADMIN_CHAT_ID is neither a chat id nor an @name",
    "TG_ADMIN_CHAT_ID=-100.5": "TG_ADMIN_CHAT_ID is neither",
    "TG_ADMIN_CHAT_ID=@a/b/../c": "is neither a chat id nor an @name",
    "TG_ADMIN_CHAT_ID=5\n": "is neither a chat id nor an @name",
    "TG_DIGEST=month": "TG_DIGEST is not one of day, week",
    "TG_DIGEST_LANG=es": "TG_DIGEST_LANG is not one of en, pt",
    "TG_LANG=es": "TG_LANG is not one of en, pt",
    "TG_ATHENA_REGISTER=maybe": "TG_ATHENA_REGISTER is neither yes nor no",
    "TG_SEAL_AFTER_DAYS=6": "TG_SEAL_AFTER_DAYS is less than 7",
    "TG_SEAL_AFTER_DAYS=often": "TG_SEAL_AFTER_DAYS is not a number of days",
    "TG_START_DATE=soon": "TG_START_DATE is not a valid date",
    "TG_BUSINESS_HOURS=9-18": "TG_BUSINESS_HOURS is not a range of days and hours such as",
    "TG_BUSINESS_HOURS=Mon-Fri 18:00-09:00": "is not a range of days and hours such as",
    "TG_BUSINESS_HOURS=Mon-Fri 09:00-18:00;Fri 17:00-19:00": "or several that do not overlap",
    "TG_SPARK_FROM_UPDATES=many": "TG_SPARK_FROM_UPDATES is not a number of updates",
    "TG_SPARK_APPLICATION_ID=00app": "TG_SPARK_APPLICATION_ID needs TG_SPARK_ROLE_ARN",
    **{
        f"TG_WORKERS={value}": "TG_WORKERS is not a number of processes from 1 to 99."
        for value in ("0", "-2", "100", "1.5", "two", "auto", "2 ")
    },
    "TELEGRAM_BOT_USERNAME=my bot": "TELEGRAM_BOT_USERNAME is not a username",
}


def settings(home: Path, **environment: str) -> Settings:
    return Settings.from_environment(environment, home)


def test_updates_and_tables_are_in_the_state_folder_by_default(tmp_path: Path) -> None:
    read = settings(tmp_path)

    assert read.landing_uri == (tmp_path / ".tg_pipeline" / "landing").as_uri()
    assert read.lake_uri == (tmp_path / ".tg_pipeline" / "lake").as_uri()
    assert read.is_landing_default


def test_the_buckets_of_the_original_course_are_used_unless_others_are_set(tmp_path: Path) -> None:
    original = {"AWS_S3_BUCKET": "raw", "AWS_S3_ENRICHED": "enriched"}
    newer = {"TG_LANDING_URI": "memory:///", "TG_LAKE_URI": "s3://lake"}

    of_original, of_both = (settings(tmp_path, **each) for each in (original, original | newer))

    assert (of_original.landing_uri, of_original.lake_uri) == ("s3://raw", "s3://enriched")
    assert (of_both.landing_uri, of_both.lake_uri) == ("memory:///", "s3://lake")
    assert not of_original.is_landing_default


def test_no_digest_and_no_alert_is_sent_by_default(tmp_path: Path) -> None:
    empty = dict.fromkeys(["TG_ADMIN_CHAT_ID", "TG_DIGEST", "TG_DIGEST_LANG", "TG_ALERT_URL"], "")

    for read in (settings(tmp_path), settings(tmp_path, **empty)):
        assert read.admin == AdminSettings(None, None, "en", None)


@pytest.mark.parametrize(
    ("chat", "digest", "language"),
    [("-1001234567890", "day", "en"), ("5", "week", "pt"), ("@my_channel", "day", "pt")],
)
def test_a_chat_a_digest_and_its_language_are_read(
    tmp_path: Path, chat: str, digest: str, language: str
) -> None:
    environment = {"TG_ADMIN_CHAT_ID": chat, "TG_DIGEST": digest, "TG_DIGEST_LANG": language}

    admin = settings(tmp_path, **environment).admin

    assert (admin.chat_id, admin.digest, admin.language) == (chat, digest, language)


def test_one_language_is_for_all_unless_the_digest_has_another(tmp_path: Path) -> None:
    both = settings(tmp_path, TG_LANG="pt")
    digest_in_english = settings(tmp_path, TG_LANG="pt", TG_DIGEST_LANG="en")

    assert (both.language, both.admin.language) == ("pt", "pt")
    assert (digest_in_english.language, digest_in_english.admin.language) == ("pt", "en")


@pytest.mark.parametrize(
    "hours",
    ["Mon-Fri 09:00-18:00", "Sun-Thu 08:30-24:00", "Mon-Fri 09:00-12:00;Fri-Sat 12:00-13:00"],
)
def test_business_hours_and_the_bot_s_username_are_read(tmp_path: Path, hours: str) -> None:
    read = settings(tmp_path, TG_BUSINESS_HOURS=hours, TELEGRAM_BOT_USERNAME="@My_Bot")

    assert (read.business_hours, read.bot_username) == (hours, "my_bot")


def test_days_are_sealed_only_if_that_is_set(tmp_path: Path) -> None:
    assert settings(tmp_path).seal_after_days is None
    assert settings(tmp_path, TG_SEAL_AFTER_DAYS="7").seal_after_days == 7


@pytest.mark.parametrize(("text", "workers"), [("", 1), ("1", 1), ("16", 16), ("99", 99)])
def test_a_large_day_is_built_by_one_process_or_as_many_as_are_set(
    tmp_path: Path, text: str, workers: int
) -> None:
    assert settings(tmp_path).workers == 1
    assert settings(tmp_path, TG_WORKERS=text).workers == workers


@pytest.mark.parametrize(("setting", "reason"), WRONG.items())
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, reason: str) -> None:
    name, _, value = setting.partition("=")

    with pytest.raises(SettingsError, match=re.escape(reason)):
        settings(tmp_path, **{name: value})


def test_no_day_is_built_on_spark_by_default(tmp_path: Path) -> None:
    assert settings(tmp_path).spark.application_id is None


def test_jobs_elsewhere_need_their_code_and_all_data_in_buckets(tmp_path: Path) -> None:
    job = {"TG_SPARK_APPLICATION_ID": "00app", "TG_SPARK_ROLE_ARN": "arn:role"}
    code = {"TG_SPARK_CODE_URI": "s3://code/spark/"}
    buckets = {"TG_LANDING_URI": "s3://updates/landing", "TG_LAKE_URI": "s3://updates/lake"}

    with pytest.raises(SettingsError, match="TG_SPARK_CODE_URI"):
        settings(tmp_path, **job, **buckets)
    with pytest.raises(SettingsError, match="in buckets"):
        settings(tmp_path, **job, **code)

    assert settings(tmp_path, **job, **code, **buckets).spark.code_uri == "s3://code/spark"


@pytest.mark.parametrize("name", ["TG_ALERT_URL", "TELEGRAM_API_URL", "TG_EVENTS_QUEUE_URL"])
def test_a_wrong_url_is_named_and_not_shown(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not an http:// or https:// URL.$"):
        settings(tmp_path, **{name: "ftp://hooks.example/secret"})


def test_the_url_of_alerts_is_a_secret(tmp_path: Path) -> None:
    alert_url = settings(tmp_path, TG_ALERT_URL="https://hooks.example/secret").admin.alert_url

    assert alert_url == Secret("https://hooks.example/secret")


def test_alerts_leave_this_machine_unencrypted_only_on_request(tmp_path: Path) -> None:
    url = "http://chat.example/secret"

    with pytest.raises(SettingsError, match=r"^TG_ALERT_URL is a plain http:// URL"):
        settings(tmp_path, TG_ALERT_URL=url)

    assert settings(tmp_path, TG_ALERT_URL=url, TG_ALERT_HTTP="yes").admin.alert_url == Secret(url)
    assert settings(tmp_path, TG_ALERT_URL="http://127.0.0.1:9/").admin.alert_url


def test_the_choices_are_those_of_the_digest() -> None:
    assert tuple(kind.value for kind in DigestKind) == DIGESTS
    assert tuple(REPORT_LANGUAGES) == LANGUAGES


@pytest.mark.parametrize(
    ("mode", "text", "is_exposed"),
    [
        (0o644, "TELEGRAM_BOT_TOKEN=5:AAF", True),
        (0o640, "# mine\nexport AWS_SECRET_ACCESS_KEY='x'\n", True),
        (0o604, "TG_PRIVACY_KEY=x", True),
        (0o644, "FORWARD_URL=https://bot.example/5:AAF", True),
        (0o600, "TELEGRAM_BOT_TOKEN=5:AAF", False),
        (0o644, "TELEGRAM_BOT_TOKEN=\nTG_TIMEZONE=Europe/Lisbon", False),
        (0o644, "", False),
    ],
)
def test_secrets_in_a_file_that_others_can_read_are_noticed(
    tmp_path: Path, mode: int, text: str, *, is_exposed: bool
) -> None:
    file = tmp_path / ".env"
    file.write_text(text)
    file.chmod(mode)

    assert exposed_env_file(tmp_path) == (file if is_exposed else None)


def test_a_missing_file_of_settings_exposes_nothing(tmp_path: Path) -> None:
    assert exposed_env_file(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        (" , ", ()),
        ("Dagster.example.com", ("https://dagster.example.com",)),
        ("dagster.example.com:443, a.b:8443", ("https://dagster.example.com", "https://a.b:8443")),
        ("http://10.0.0.5:3000,http://ui:80", ("http://10.0.0.5:3000", "http://ui")),
        ("https://[::1]:3000", ("https://[::1]:3000",)),
    ],
)
def test_the_names_of_the_ui_are_read_as_origins_that_browsers_send(
    text: str, origins: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TG_UI_HOSTS", text)

    assert read_ui_origins() == origins


@pytest.mark.parametrize(
    "text", ["*", "*.example.com", "https://a/b", "ftp://a", "a@b", "a b", "https://", "-", "ü.de"]
)
def test_a_name_of_the_ui_that_is_no_host_is_an_error(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TG_UI_HOSTS", text)

    with pytest.raises(SettingsError, match=r"^TG_UI_HOSTS is not a list of names"):
        read_ui_origins()
