"""The settings, read in one place: every ingestion path, asset and command uses the same names."""

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dotenv import dotenv_values, load_dotenv

from lambda_ingest.landing import MAX_AGE
from lambda_ingest.settings import (
    IngestSettings,
    Secret,
    SettingsError,
    bucket_uri,
    check_store_uri,
    is_sent_in_clear,
    read_drop_text,
    read_landing_uri,
    read_token,
    read_yes_or_no,
)

DEFAULT_START_DATE: Final = date(2026, 10, 1)
"""The first partition. It is fixed, so that partitions do not come and go with the calendar; set
TG_START_DATE to the month of your bot's first update."""

DEFAULT_API_URL: Final = "https://api.telegram.org"
"""Replaced for a self-hosted Bot API server: https://github.com/tdlib/telegram-bot-api"""

DEFAULT_DATABASE: Final = "tg_pipeline"
DEFAULT_WORKGROUP: Final = "tg-pipeline"
"""The defaults of the stack in `lambda_ingest/template.yaml`."""

DEFAULT_PROXY_PORT: Final = 8081
"""That of a local Bot API server, as which the proxy appears to a bot."""

DEFAULT_SPOOL_BYTES: Final = 256 * 1024 * 1024
"""Some 200,000 calls, which take a busy bot days."""

DEFAULT_NOT_RECORDED: Final = frozenset({"sendchataction", "sendmessagedraft"})
"""In lower case: calls that leave nothing in a chat."""

MAX_PORT: Final = 65_535

DIGESTS: Final = ("day", "week")
"""The periods that a digest can be about."""

LANGUAGES: Final = tuple(
    sorted(
        (path.stem for path in Path(__file__).with_name("report").glob("locales/*.toml")),
        key=lambda name: (name != "en", name),
    )
)
"""The languages of results that people read: those with a text catalog, the default first."""

LOCAL_SPARK: Final = "local"
"""Stands for an application of EMR Serverless: spark-submit on this machine."""

DEFAULT_SPARK_PYTHON: Final = "python3.11"

JSON_LOGS: Final = "json"
LOGS: Final = ("text", JSON_LOGS)
"""The formats of a log line."""

_CHAT: Final = re.compile(r"-?[0-9]{1,19}|@[A-Za-z0-9_]{4,32}")

_USERNAME: Final = re.compile(r"@?[A-Za-z0-9_]{4,32}")

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY: Final = "|".join(_WEEKDAYS)
_BUSINESS_HOURS: Final = re.compile(
    rf"(?P<first>{_DAY})(?:-(?P<last>{_DAY}))?"
    r" (?P<opens>[01]\d:[0-5]\d|2[0-3]:[0-5]\d)-(?P<closes>[01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)"
)
"""A range of days and hours such as `Mon-Fri 09:00-18:00`, within one day."""

_ORIGIN: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}

KEPT_GROUPS: Final = ("LANDING", "RAW", "ENRICHED", "MARTS", "HISTORY")
"""The ends of the names `TG_KEEP_DAYS_…`, in the order of the fields of KeepDays."""

_PROCESSES: Final = re.compile(r"[1-9][0-9]?")

SPELLINGS: Final = {"on": "yes", "off": "no"}

MAX_DAYS: Final = 99_999
"""Days: 273 years, which dates can express."""

_DAYS: Final = re.compile(r"[1-9][0-9]{0,4}")

_BYTES: Final = re.compile(r"[0-9]{1,15}")

_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")

_METHOD: Final = re.compile(r"[a-z][a-z0-9]{0,63}")

_UPDATES: Final = re.compile(r"[0-9]{1,12}")

_SECRET_NAME: Final = re.compile("TOKEN|SECRET|PASSWORD|KEY|FORWARD_URL|ALERT_URL|WEBHOOK_PATH")
"""Parts of the names of settings whose values are secrets, ours and those of AWS and Postgres."""

STATE_FOLDER: Final = ".tg_pipeline"
"""The default folder of the landing zone, the lake and Dagster's history; git ignores it."""

SQL_HISTORY: Final = "sql_history"
"""The file in the state folder with the statements that were typed at the prompt of `sql`."""


@dataclass(frozen=True, slots=True)
class AthenaSettings:
    """The Athena database and workgroup of the lake."""

    database: str = DEFAULT_DATABASE
    workgroup: str = DEFAULT_WORKGROUP
    region: str | None = None
    """None: the region of AWS's own configuration."""

    registers: bool = False
    """Whether each successful run updates Athena."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "AthenaSettings":
        """Read the settings; raises SettingsError."""
        return cls(
            database=environment.get("TG_ATHENA_DATABASE") or DEFAULT_DATABASE,
            workgroup=environment.get("TG_ATHENA_WORKGROUP") or DEFAULT_WORKGROUP,
            # boto3 reads AWS_DEFAULT_REGION only; the object stores read both.
            region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
            registers=read_yes_or_no(environment, "TG_ATHENA_REGISTER"),
        )


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """Where digests and alerts are sent; nothing is sent by default."""

    chat_id: str | None = None
    """A chat's number, or a public channel's @name."""

    digest: str | None = None
    """One of DIGESTS; None sends no digest."""

    language: str = LANGUAGES[0]
    """That of the digest, one of LANGUAGES."""

    alert_url: Secret | None = None
    """Where failed runs are posted, in addition to the chat. Such a URL contains a secret."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "AdminSettings":
        """Read the settings; raises SettingsError."""
        alert_url = _url(environment, "TG_ALERT_URL")
        if is_sent_in_clear(alert_url) and not read_yes_or_no(environment, "TG_ALERT_HTTP"):
            raise SettingsError(
                "TG_ALERT_URL is a plain http:// URL, so anyone on the way could read the alerts: "
                "use https://, or set TG_ALERT_HTTP=yes if the network is yours."
            )
        return cls(
            chat_id=_chat(environment.get("TG_ADMIN_CHAT_ID")),
            digest=_one_of(environment, "TG_DIGEST", DIGESTS),
            # Its name before there was one language for all.
            language=_one_of(environment, "TG_DIGEST_LANG", LANGUAGES) or _language(environment),
            alert_url=Secret(alert_url) if alert_url else None,
        )


@dataclass(frozen=True, slots=True)
class KeepDays:
    """How many days before today are kept of each group of tables; None keeps all."""

    landing: int | None = None
    raw: int | None = None
    enriched: int | None = None
    marts: int | None = None
    history: int | None = None
    """Of the runs in Dagster; None: as long as the group of tables that is kept longest."""

    @property
    def of_history(self) -> int | None:
        """How many days a run is kept in Dagster's history; None keeps all."""
        days = [each for each in (self.landing, self.raw, self.enriched, self.marts) if each]
        return self.history or max(days, default=None)


KEEP_ALL_DAYS: Final = KeepDays()


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What is kept and shown of people."""

    has_pseudonyms: bool = False
    """Whether ids and names of people are replaced, from enriched_updates onward."""

    drops_text: bool = False
    """Whether what people wrote is left out, from enriched_updates onward. What ingestion drops,
    too, is also dropped from the updates that landed before."""

    shows_previews: bool = False
    """Whether Dagster's pages and history may contain names, texts and ids of people."""

    keep_days: KeepDays = KEEP_ALL_DAYS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "PrivacySettings":
        """Read the settings; raises SettingsError."""
        return cls(
            has_pseudonyms=_pseudonyms(environment),
            drops_text=read_drop_text(environment) is not None,
            shows_previews=read_yes_or_no(environment, "TG_PREVIEWS"),
            keep_days=KeepDays(
                *(_keep_days(environment, f"TG_KEEP_DAYS_{name}") for name in KEPT_GROUPS)
            ),
        )


DEFAULT_PRIVACY: Final = PrivacySettings()
"""The defaults."""


@dataclass(frozen=True, slots=True)
class SparkSettings:
    """Where days are built that are too large for one process; nowhere by default."""

    application_id: str | None = None
    """The application of EMR Serverless, or LOCAL_SPARK; None builds every day in the run itself.
    """

    from_updates: int = 0
    """Only days with as many updates, or more, are built there."""

    role_arn: str = ""
    """The role of the jobs."""

    code_uri: str = ""
    """The folder of a bucket with what `make spark-package` makes; jobs report there, too."""

    python: str = DEFAULT_SPARK_PYTHON
    """The interpreter in the application's image: of the version that the package is made for."""

    parameters: str = ""
    """Further parameters of spark-submit, such as `--conf spark.executor.memory=8g`."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether jobs run on other machines than this one."""
        return self.application_id not in {None, LOCAL_SPARK}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SparkSettings":
        """Read the settings; raises SettingsError."""
        settings = cls(
            application_id=environment.get("TG_SPARK_APPLICATION_ID") or None,
            from_updates=_updates(environment, "TG_SPARK_FROM_UPDATES"),
            role_arn=environment.get("TG_SPARK_ROLE_ARN") or "",
            code_uri=(environment.get("TG_SPARK_CODE_URI") or "").rstrip("/"),
            python=environment.get("TG_SPARK_PYTHON") or DEFAULT_SPARK_PYTHON,
            parameters=environment.get("TG_SPARK_PARAMETERS") or "",
        )
        if settings.is_elsewhere:
            if not settings.role_arn:
                raise SettingsError(
                    "TG_SPARK_APPLICATION_ID needs TG_SPARK_ROLE_ARN, a job's role."
                )
            if not settings.code_uri.startswith("s3://"):
                raise SettingsError(
                    "TG_SPARK_APPLICATION_ID needs TG_SPARK_CODE_URI, the s3:// folder with what "
                    "`make spark-package` makes."
                )
        return settings


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The proxy between a bot and the Bot API."""

    spool: Path
    """The folder of calls that have not landed, on a local disk."""

    spool_bytes: int = DEFAULT_SPOOL_BYTES
    """How much it may hold. Beyond it, calls are passed on without a record."""

    is_started: bool = False
    """Whether `tg-pipeline up` starts the proxy instead of the poller."""

    port: int = DEFAULT_PROXY_PORT

    not_recorded: frozenset[str] = DEFAULT_NOT_RECORDED
    """Methods, in lower case, whose calls are not recorded."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], state: Path) -> "ProxySettings":
        """Read the settings, with the spool in the state folder; raises SettingsError."""
        spool = environment.get("TG_PROXY_SPOOL")
        return cls(
            spool=Path(spool) if spool else state / "proxy_spool",
            spool_bytes=_spool_bytes(environment.get("TG_PROXY_SPOOL_BYTES")),
            is_started=read_yes_or_no(environment, "TG_PROXY"),
            port=_port(environment, "TG_PROXY_PORT", DEFAULT_PROXY_PORT),
            not_recorded=_not_recorded(environment.get("TG_PROXY_NOT_RECORDED")),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of an operator."""

    ingest: IngestSettings
    lake_uri: str
    start_date: date
    proxy: ProxySettings

    token: Secret | None = None
    """The bot's token, for the commands that call Telegram."""

    bot_username: str = ""
    """The bot's username, in lower case and without @; empty if only the landing zone has it."""

    language: str = LANGUAGES[0]
    """That of what people read as results, one of LANGUAGES."""

    business_hours: str = ""
    """When questions are to be answered, in the time zone that defines a day; empty for always."""

    meanings: bool | None = None
    """Whether questions are grouped by their meanings; None: if the extra is installed."""

    topics_uri: str = ""
    """The file of topics that the operator names; empty without one."""

    api_url: str = DEFAULT_API_URL

    athena: AthenaSettings = AthenaSettings()

    admin: AdminSettings = AdminSettings()

    spark: SparkSettings = SparkSettings()

    events_queue_url: str | None = None
    """The SQS queue of EventBridge events; None: use the clock and list the landing zone."""

    privacy: PrivacySettings = DEFAULT_PRIVACY

    seal_after_days: int | None = None
    """After how many days Dagster seals a day of the landing zone; None: never."""

    workers: int = 1
    """How many processes build a large day."""

    is_landing_default: bool = False
    """Whether updates land in the default folder, the only place for a demo sample."""

    @property
    def landing_uri(self) -> str:
        """The URI of the landing zone."""
        return self.ingest.landing_uri

    @property
    def timezone(self) -> str:
        """The name of the time zone that defines a day."""
        return self.ingest.timezone

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that defines a day."""
        return self.ingest.zone

    @property
    def bot_id(self) -> int:
        """The bot of updates whose object name contains no bot id."""
        return self.ingest.bot_id

    def of_jobs(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables with which a job elsewhere has these settings, without secrets."""
        return {
            name: value
            for name, value in environment.items()
            if name.startswith(("TG_", "TELEGRAM_")) and value and not _SECRET_NAME.search(name)
        } | {
            "TG_LANDING_URI": self.landing_uri,
            "TG_LAKE_URI": self.lake_uri,
            "TELEGRAM_BOT_ID": str(self.bot_id),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], home: Path) -> "Settings":
        """Read the settings, with defaults in the state folder of `home`; raises SettingsError."""
        state = (home / STATE_FOLDER).absolute()
        landing = read_landing_uri(environment)
        placed = {**environment, "TG_LANDING_URI": landing or (state / "landing").as_uri()}
        settings = cls(
            ingest=IngestSettings.from_environment(placed),
            lake_uri=check_store_uri(
                "TG_LAKE_URI",
                environment.get("TG_LAKE_URI")
                or bucket_uri(environment.get("AWS_S3_ENRICHED"))
                or (state / "lake").as_uri(),
            ),
            start_date=_start_date(environment.get("TG_START_DATE")),
            proxy=ProxySettings.from_environment(environment, state),
            token=read_token(environment),
            bot_username=_username(environment.get("TELEGRAM_BOT_USERNAME")),
            language=_language(environment),
            business_hours=_business_hours(environment.get("TG_BUSINESS_HOURS")),
            meanings=(
                read_yes_or_no(environment, "TG_MEANINGS")
                if environment.get("TG_MEANINGS")
                else None
            ),
            topics_uri=_topics_uri(environment.get("TG_TOPICS")),
            api_url=_url(environment, "TELEGRAM_API_URL", DEFAULT_API_URL).rstrip("/"),
            athena=AthenaSettings.from_environment(environment),
            admin=AdminSettings.from_environment(environment),
            spark=SparkSettings.from_environment(environment),
            events_queue_url=_url(environment, "TG_EVENTS_QUEUE_URL") or None,
            privacy=PrivacySettings.from_environment(environment),
            seal_after_days=_seal_after_days(environment),
            workers=_workers(environment.get("TG_WORKERS")),
            is_landing_default=not landing,
        )
        if settings.spark.is_elsewhere and not all(
            uri.startswith("s3://") for uri in (settings.landing_uri, settings.lake_uri)
        ):
            raise SettingsError(
                "TG_SPARK_APPLICATION_ID needs a landing zone and a lake in buckets, which its "
                "jobs can reach."
            )
        return settings


def home_folder() -> Path:
    """Return the checkout that the package runs from, or the current folder if it is installed."""
    checkout = Path(__file__).parents[1]
    return checkout if (checkout / "dagster.yaml").exists() else Path.cwd()


def dagster_home() -> Path:
    """Return DAGSTER_HOME or, if it is not set, the state folder with a link to dagster.yaml.

    Dagster keeps what a run prints there. A plain `dagster dev` takes a temporary folder for it.
    """
    if given := os.environ.get("DAGSTER_HOME"):
        return Path(given)
    home = home_folder()
    folder, config = home / ".tg_pipeline" / "dagster", home / "dagster.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / config.name
    if config.exists() and not link.exists():
        link.unlink(missing_ok=True)  # a link to a checkout that was moved
        with suppress(FileExistsError):
            link.symlink_to(os.path.relpath(config, folder))
    return folder


def webserver_file() -> Path:
    """Return the file that holds the address of Dagster's UI while `tg-pipeline up` runs."""
    return dagster_home() / "webserver"


def load_settings() -> Settings:
    """Read the settings from the environment, and those it lacks from `.env`."""
    home = home_folder()
    load_dotenv(home / ".env")
    return Settings.from_environment(os.environ, home)


def exposed_env_file(home: Path) -> Path | None:
    """Return the `.env` of a folder if it holds a secret that other users of the machine can read.

    The folders above it may keep them out; its own mode is all that is looked at.
    """
    path = home / ".env"
    try:
        is_readable = path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    except OSError:
        return None
    if not is_readable:
        return None
    values = dotenv_values(path)
    holds_secret = any(value and _SECRET_NAME.search(name) for name, value in values.items())
    return path if holds_secret else None


def wants_json_logs() -> bool:
    """Return whether log lines are written as JSON (TG_LOG); raises SettingsError.

    It is read before all other settings, so that errors in those are logged in that format too.
    """
    load_dotenv(home_folder() / ".env")
    return _one_of(os.environ, "TG_LOG", LOGS) == JSON_LOGS


def read_ui_origins() -> tuple[str, ...]:
    """Return the public origins of Dagster's UI (TG_UI_HOSTS); raises SettingsError.

    It is read without the other settings, which a process that only serves the UI does not have.
    """
    load_dotenv(home_folder() / ".env")
    words = (os.environ.get("TG_UI_HOSTS") or "").split(",")
    return tuple(_origin(word.strip()) for word in words if word.strip())


def _origin(text: str) -> str:
    """Return an origin as browsers write it; without a scheme it is one of https."""
    found = _ORIGIN.fullmatch(text.lower())
    if not found:
        raise SettingsError(
            "TG_UI_HOSTS is not a list of names such as dagster.example.com or "
            "http://10.0.0.5:3000, separated by commas."
        )
    scheme = found["scheme"] or "https"
    is_default = found["port"] in {None, _DEFAULT_PORTS[scheme]}
    return f"{scheme}://{found['host']}" + ("" if is_default else f":{found['port']}")


def _start_date(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else DEFAULT_START_DATE
    except ValueError:
        raise SettingsError("TG_START_DATE is not a valid date such as 2026-10-01.") from None


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    text = environment.get(name)
    if text and text not in choices:
        raise SettingsError(f"{name} is not one of {', '.join(choices)}.")
    return text or None


def _language(environment: Mapping[str, str]) -> str:
    return _one_of(environment, "TG_LANG", LANGUAGES) or LANGUAGES[0]


def _pseudonyms(environment: Mapping[str, str]) -> bool:
    name = "TG_PSEUDONYMS"
    text = environment.get(name) or ""
    has_pseudonyms = read_yes_or_no({name: SPELLINGS.get(text, text)}, name)
    if has_pseudonyms and not environment.get("TG_PRIVACY_KEY"):
        raise SettingsError(
            f"{name} needs TG_PRIVACY_KEY, the key of the pseudonyms: "
            "`openssl rand -hex 32` prints a good one."
        )
    return has_pseudonyms


def _seal_after_days(environment: Mapping[str, str]) -> int | None:
    days = _keep_days(environment, "TG_SEAL_AFTER_DAYS")
    if days is not None and days < MAX_AGE.days:
        raise SettingsError(
            f"TG_SEAL_AFTER_DAYS is less than {MAX_AGE.days}: updates may still land until then."
        )
    return days


def _keep_days(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name)
    if text and not _DAYS.fullmatch(text):
        raise SettingsError(f"{name} is not a number of days from 1 to {MAX_DAYS}.")
    return int(text) if text else None


def _updates(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name) or "0"
    if not _UPDATES.fullmatch(text):
        raise SettingsError(f"{name} is not a number of updates.")
    return int(text)


def _spool_bytes(text: str | None) -> int:
    if text and not _BYTES.fullmatch(text):
        raise SettingsError("TG_PROXY_SPOOL_BYTES is not a number of bytes.")
    return int(text) if text else DEFAULT_SPOOL_BYTES


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not _PORT.fullmatch(text) or int(text) > MAX_PORT:
        raise SettingsError(f"{name} is not a port from 1 to {MAX_PORT}.")
    return int(text)


def _not_recorded(text: str | None) -> frozenset[str]:
    names = frozenset(word.strip().lower() for word in (text or "").split(",") if word.strip())
    if not all(_METHOD.fullmatch(name) for name in names):
        raise SettingsError(
            "TG_PROXY_NOT_RECORDED is not a list of methods such as sendChatAction, separated by "
            "commas."
        )
    return names or DEFAULT_NOT_RECORDED


def _workers(text: str | None) -> int:
    if text and not _PROCESSES.fullmatch(text):
        raise SettingsError("TG_WORKERS is not a number of processes from 1 to 99.")
    return int(text or 1)


def _chat(text: str | None) -> str | None:
    if text and not _CHAT.fullmatch(text):
        raise SettingsError("TG_ADMIN_CHAT_ID is neither a chat id nor an @name.")
    return text or None


def _username(text: str | None) -> str:
    if text and not _USERNAME.fullmatch(text):
        raise SettingsError("TELEGRAM_BOT_USERNAME is not a username such as @my_bot.")
    return (text or "").removeprefix("@").lower()


def _business_hours(text: str | None) -> str:
    ranges = [part.strip() for part in (text or "").split(";")] if text else []
    found = [_BUSINESS_HOURS.fullmatch(part) for part in ranges]
    open_hours = sorted(hours for each in found for hours in (_opening_hours(each) if each else []))
    overlaps = any(
        day == next_day and closes > next_opens
        for (day, _, closes), (next_day, next_opens, _) in pairwise(open_hours)
    )
    if overlaps or not all(each and each["opens"] < each["closes"] for each in found):
        raise SettingsError(
            "TG_BUSINESS_HOURS is not a range of days and hours such as "
            "'Mon-Fri 09:00-18:00', or several that do not overlap, separated by ';'."
        )
    return ";".join(ranges)


def _topics_uri(text: str | None) -> str:
    if text and "://" in text:
        return check_store_uri("TG_TOPICS", text)
    return Path(text).absolute().as_uri() if text else ""


def _opening_hours(found: re.Match[str]) -> list[tuple[int, str, str]]:
    """Return the weekday (0 is Monday) and the hours of each day of a range."""
    first, last = _WEEKDAYS.index(found["first"]), _WEEKDAYS.index(found["last"] or found["first"])
    days = [(first + n) % 7 for n in range((last - first) % 7 + 1)]
    return [(day, found["opens"], found["closes"]) for day in days]


def _url(environment: Mapping[str, str], name: str, default: str = "") -> str:
    """Return a URL. It is never shown, since it may contain a secret."""
    url = environment.get(name) or default
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(f"{name} is not an http:// or https:// URL.")
    return url
