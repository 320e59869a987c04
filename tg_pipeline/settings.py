"""The settings, read in one place: every door, asset and command goes by the same names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dotenv import load_dotenv

from lambda_ingest.secret import Secret
from lambda_ingest.settings import (
    YES,
    DoorSettings,
    SettingsError,
    bucket_uri,
    read_landing_uri,
    read_token,
)

DEFAULT_START_DATE: Final = date(2026, 10, 1)
"""The first partition, and the first day of the sample month. Fixed, so that partitions do not
come and go with the calendar; set TG_START_DATE to the month of your bot's first update."""

DEFAULT_API_URL: Final = "https://api.telegram.org"
"""A Bot API server of one's own is another: https://github.com/tdlib/telegram-bot-api"""

DEFAULT_DATABASE: Final = "tg_pipeline"
DEFAULT_WORKGROUP: Final = "tg-pipeline"
"""As the stack of `lambda_ingest/template.yaml` names them, unless told otherwise."""

STATE_FOLDER: Final = ".tg_pipeline"
"""Where landing zone, lake and Dagster's history live unless set otherwise; git ignores it."""


@dataclass(frozen=True, slots=True)
class AthenaSettings:
    """Where in Athena the lake is known."""

    database: str = DEFAULT_DATABASE
    workgroup: str = DEFAULT_WORKGROUP
    region: str | None = None
    """None leaves it to AWS's own configuration."""

    registers: bool = False
    """Whether each run that succeeds brings Athena up to date."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "AthenaSettings":
        """Read the settings; raises SettingsError."""
        return cls(
            database=environment.get("TG_ATHENA_DATABASE") or DEFAULT_DATABASE,
            workgroup=environment.get("TG_ATHENA_WORKGROUP") or DEFAULT_WORKGROUP,
            # boto3 itself knows AWS_DEFAULT_REGION only; the stores go by both.
            region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
            registers=_yes_or_no(environment, "TG_ATHENA_REGISTER"),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set."""

    door: DoorSettings
    lake_uri: str
    start_date: date

    token: Secret | None = None
    """The bot's token, for the commands that ask Telegram for something."""

    api_url: str = DEFAULT_API_URL

    athena: AthenaSettings = AthenaSettings()

    is_landing_default: bool = False
    """Whether updates land in the checkout's own folder, where a sample does no harm."""

    @property
    def landing_uri(self) -> str:
        """Give where updates land."""
        return self.door.landing_uri

    @property
    def timezone(self) -> str:
        """Give the name of the time zone that days are counted in."""
        return self.door.timezone

    @property
    def zone(self) -> ZoneInfo:
        """Give the time zone that days are counted in."""
        return self.door.zone

    @property
    def bot_id(self) -> int:
        """Give the bot that updates belong to where nothing names another."""
        return self.door.bot_id

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], home: Path) -> "Settings":
        """Read the settings, with defaults in the state folder of `home`; raises SettingsError."""
        state = (home / STATE_FOLDER).absolute()
        landing = read_landing_uri(environment)
        placed = {**environment, "TG_LANDING_URI": landing or (state / "landing").as_uri()}
        return cls(
            door=DoorSettings.from_environment(placed),
            lake_uri=environment.get("TG_LAKE_URI")
            or bucket_uri(environment.get("AWS_S3_ENRICHED"))
            or (state / "lake").as_uri(),
            start_date=_start_date(environment.get("TG_START_DATE")),
            token=read_token(environment),
            api_url=_api_url(environment.get("TELEGRAM_API_URL") or DEFAULT_API_URL),
            athena=AthenaSettings.from_environment(environment),
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


def _start_date(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else DEFAULT_START_DATE
    except ValueError:
        raise SettingsError(f"TG_START_DATE={text!r} is no day such as 2026-10-01.") from None


def _yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name) or "no"
    if text not in {YES, "no"}:
        raise SettingsError(f"{name}={text!r} is neither yes nor no.")
    return text == YES


def _api_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise SettingsError("TELEGRAM_API_URL is no http:// or https:// address.")
    return url.rstrip("/")
