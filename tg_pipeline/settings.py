"""The settings, read in one place: every door, asset and command goes by the same names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import load_dotenv

DEFAULT_TIMEZONE: Final = "America/Sao_Paulo"
"""Where the first users are; the day of an update is its day there."""

DEFAULT_START_DATE: Final = date(2026, 10, 1)
"""The first partition, and the first day of the sample month. Fixed, so that partitions do not
come and go with the calendar; set TG_START_DATE to the month of your bot's first update."""

DEFAULT_BOT_ID: Final = 0
"""The bot of updates that nothing names a bot for."""

BOT_ID_DIGITS: Final = 18
"""What fits 64 bits for certain; the longest ids have ten or eleven."""

STATE_FOLDER: Final = ".tg_pipeline"
"""Where landing zone, lake and Dagster's history live unless set otherwise; git ignores it."""


class SettingsError(Exception):
    """A setting can't be used; the message says which and why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set."""

    landing_uri: str
    lake_uri: str
    timezone: str
    start_date: date
    bot_id: int

    is_landing_default: bool = False
    """Whether updates land in the checkout's own folder, where a sample does no harm."""

    @property
    def zone(self) -> ZoneInfo:
        """Give the time zone that days are counted in."""
        return ZoneInfo(self.timezone)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], home: Path) -> "Settings":
        """Read the settings, with defaults in the state folder of `home`; raises SettingsError."""
        state = (home / STATE_FOLDER).absolute()
        landing = environment.get("TG_LANDING_URI") or _bucket(environment.get("AWS_S3_BUCKET"))
        return cls(
            landing_uri=landing or (state / "landing").as_uri(),
            lake_uri=environment.get("TG_LAKE_URI")
            or _bucket(environment.get("AWS_S3_ENRICHED"))
            or (state / "lake").as_uri(),
            timezone=_timezone(environment.get("TG_TIMEZONE") or DEFAULT_TIMEZONE),
            start_date=_start_date(environment.get("TG_START_DATE")),
            bot_id=_bot_id(environment),
            is_landing_default=not landing,
        )


def home_folder() -> Path:
    """Give the checkout that the package runs from, or the current folder where it is installed."""
    checkout = Path(__file__).parents[1]
    return checkout if (checkout / "dagster.yaml").exists() else Path.cwd()


def load_settings() -> Settings:
    """Read the settings from the environment, and from `.env` what the environment lacks."""
    home = home_folder()
    load_dotenv(home / ".env")
    return Settings.from_environment(os.environ, home)


def _bucket(name: str | None) -> str | None:
    return f"s3://{name}" if name else None


def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"TG_TIMEZONE={name!r} is no time zone such as Europe/Lisbon."
        ) from None


def _start_date(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else DEFAULT_START_DATE
    except ValueError:
        raise SettingsError(f"TG_START_DATE={text!r} is no day such as 2026-10-01.") from None


def _bot_id(environment: Mapping[str, str]) -> int:
    """Give the bot's id: the part of its token before the colon, or the one set alone."""
    token = environment.get("TELEGRAM_BOT_TOKEN")
    if token:
        bot_id, colon, _ = token.partition(":")
        if not colon or not bot_id.isdecimal() or len(bot_id) > BOT_ID_DIGITS:
            raise SettingsError("TELEGRAM_BOT_TOKEN is not of the form <bot id>:<secret>.")
        return int(bot_id)
    text = environment.get("TELEGRAM_BOT_ID") or str(DEFAULT_BOT_ID)
    if not text.isdecimal() or len(text) > BOT_ID_DIGITS:
        raise SettingsError(f"TELEGRAM_BOT_ID={text!r} is no bot id: that is a number of digits.")
    return int(text)
