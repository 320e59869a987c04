"""`IngestSettings`: the environment variables of ingestion. `Secret`: a text never printed."""

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lambda_ingest.privacy.minimization import DROPPABLE, Minimization
from lambda_ingest.update_fields import OPT_IN_UPDATE_TYPES

DEFAULT_TIMEZONE: Final = "America/Sao_Paulo"
"""The time zone of the first users, which defines the day of an update."""

DEFAULT_BOT_ID: Final = 0
"""The bot id if none is configured, which ingestion refuses: with it, the updates of two bots would
have the same keys."""

BOT_ID_DIGITS: Final = 18
"""Any number of so many digits fits in 64 bits; the longest ids have ten or eleven."""

DEFAULT_WEBHOOK_PATH: Final = "/telegram"
"""The path of `tg-pipeline serve` if TG_WEBHOOK_PATH is not set; the Lambda accepts any then."""

DEFAULT_FORWARD_SECONDS: Final = 25.0
"""Below the 30 s of the Lambda and its HTTP API, and the 60 s that Telegram waits."""

YES: Final = "yes"
NO: Final = "no"

MIN_KEY_CHARACTERS: Final = 32
"""Characters of TG_PRIVACY_KEY: ids are short, so a key that can be guessed protects nothing."""

MIN_SECRET_CHARACTERS: Final = 16
"""Characters of a webhook secret: 96 bits if it is random. Telegram accepts a single one."""

_SECRET_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""https://core.telegram.org/bots/api#setwebhook"""

_UPDATE_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")

_STORE_URI: Final = re.compile(r"(file|s3|memory)://[^@/]*(/|$)")

_CHAT_ID: Final = re.compile(r"-?[0-9]{1,18}")


class DropText(Enum):
    """From where on texts are left out."""

    LANDING = "landing"
    """They are not stored at all."""
    ENRICHED = "enriched"
    """They are in the landing zone and in raw_updates, but in no table that people query."""


class SettingsError(Exception):
    """A setting can't be used; the message states which one and why, in one sentence."""


class Secret:
    """A text that prints as stars, so that no log line, page or traceback shows it by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap a text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one call that needs it."""
        return self._text

    def matches(self, offered: str | None) -> bool:
        """Compare in constant time, so that response times reveal nothing about the text."""
        return offered is not None and hmac.compare_digest(_bytes(self._text), _bytes(offered))

    def digest(self, text: str) -> str:
        """Return the HMAC-SHA256 of a text under this key, in hexadecimal."""
        keyed = _keyed(self).copy()
        keyed.update(text.encode("utf-8", "replace"))
        return keyed.hexdigest()

    def __repr__(self) -> str:
        """Return stars."""
        return "***"

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and self.matches(other.reveal())

    def __hash__(self) -> int:
        """Hash the text."""
        return hash(self._text)


def any_matches(secrets: Iterable[Secret], offered: str | None) -> bool:
    """Return whether a text is one of the secrets; all are compared, so the time tells nothing."""
    return sum(secret.matches(offered) for secret in secrets) > 0


@lru_cache(maxsize=2)
def _keyed(key: Secret) -> hmac.HMAC:
    """Return a hash that has read the key: a copy is cheaper than a new one for each text."""
    return hmac.new(key.reveal().encode(), digestmod="sha256")


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """The webhook of the bot that updates are forwarded to."""

    url: Secret
    """A secret, since many bots put their token into the path."""

    secret_token: Secret | None
    seconds: float
    """The time that the bot has to respond."""

    update_types: frozenset[str] = frozenset()
    """What the bot's own webhook asked for. Empty, as in Telegram's own `allowed_updates`: all
    types but those that must be asked for."""

    def forwards(self, update_type: str) -> bool:
        """Return whether the bot's own webhook would get updates of a type ("" if unknown)."""
        if self.update_types and update_type:
            return update_type in self.update_types
        return update_type not in OPT_IN_UPDATE_TYPES


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """The settings of ingestion from the network."""

    landing_uri: str
    timezone: str
    bot_id: int
    secret_token: Secret | None
    needs_secret_token: bool
    chat_ids: frozenset[int]
    """The chats to store; empty means all."""

    webhook_path: Secret | None
    """A secret, since some put one into it. None if it is not set."""

    forward: ForwardSettings | None

    previous_secret_token: Secret | None = None
    """Accepted as well while the webhook's secret is being replaced."""

    telegram_only: bool = False
    """Whether calls from other addresses than Telegram's are refused."""

    privacy_key: Secret | None = None
    """The key of tombstones and pseudonyms. None: no one can be forgotten."""

    dropped_fields: frozenset[str] = frozenset()
    """Names of fields that are removed from updates before they are stored."""

    needs_bot_id: bool = True
    """Whether ingestion refuses to start with DEFAULT_BOT_ID."""

    drop_text: DropText | None = None
    """From where on what people wrote is left out; None keeps it."""

    @property
    def minimization(self) -> Minimization:
        """What is removed from updates before they are stored."""
        return Minimization(self.dropped_fields, self.drop_text is DropText.LANDING)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that defines a day."""
        return ZoneInfo(self.timezone)

    @property
    def secret_tokens(self) -> tuple[Secret, ...]:
        """The secrets of which a webhook call must have one; empty if none is set."""
        return tuple(filter(None, (self.secret_token, self.previous_secret_token)))

    def check_bot_id(self) -> None:
        """Raise SettingsError if updates would land without the id of their bot by mistake."""
        if self.needs_bot_id and self.bot_id == DEFAULT_BOT_ID:
            raise SettingsError(
                "TELEGRAM_BOT_ID is not set, so updates of two bots could not be told apart: set "
                "it to the number before the colon of the bot's token, or set TELEGRAM_BOT_TOKEN; "
                "or set TG_WITHOUT_BOT_ID=yes if there will only ever be one bot."
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "IngestSettings":
        """Read the settings; raises SettingsError."""
        landing_uri = read_landing_uri(environment)
        if not landing_uri:
            raise SettingsError("TG_LANDING_URI is not set: there is nowhere to land updates.")
        secret_token = _secret_token(environment, "TELEGRAM_SECRET_TOKEN", MIN_SECRET_CHARACTERS)
        previous = _secret_token(
            environment, "TELEGRAM_SECRET_TOKEN_PREVIOUS", MIN_SECRET_CHARACTERS
        )
        if previous and not secret_token:
            raise SettingsError(
                "TELEGRAM_SECRET_TOKEN_PREVIOUS is set, but TELEGRAM_SECRET_TOKEN is not: the new "
                "secret is missing."
            )
        return cls(
            landing_uri=check_store_uri("TG_LANDING_URI", landing_uri),
            timezone=_timezone(environment.get("TG_TIMEZONE") or DEFAULT_TIMEZONE),
            bot_id=_bot_id(environment),
            secret_token=secret_token,
            previous_secret_token=previous,
            needs_secret_token=environment.get("TG_WITHOUT_SECRET_TOKEN") != YES,
            chat_ids=_chat_ids(environment),
            webhook_path=_webhook_path(environment.get("TG_WEBHOOK_PATH")),
            forward=_forward(environment),
            telegram_only=read_yes_or_no(environment, "TG_TELEGRAM_ONLY"),
            privacy_key=_privacy_key(environment),
            dropped_fields=_dropped_fields(environment),
            needs_bot_id=not read_yes_or_no(environment, "TG_WITHOUT_BOT_ID"),
            drop_text=read_drop_text(environment),
        )


def read_landing_uri(environment: Mapping[str, str]) -> str | None:
    """Return the URI of the landing zone, None if it is not set."""
    return environment.get("TG_LANDING_URI") or bucket_uri(environment.get("AWS_S3_BUCKET"))


def check_store_uri(name: str, uri: str) -> str:
    """Return the URI of a store; raises SettingsError, which repeats nothing of another value."""
    if not _STORE_URI.match(uri):
        raise SettingsError(f"{name} is not a file://, s3:// or memory:// URI without credentials.")
    return uri


def bucket_uri(name: str | None) -> str | None:
    """Return the URI of a bucket from a setting of the original course, None if it is not set."""
    return f"s3://{name}" if name else None


def read_token(environment: Mapping[str, str]) -> Secret | None:
    """Return the bot's token, None if it is not set; raises SettingsError."""
    token = environment.get("TELEGRAM_BOT_TOKEN")
    if not token:
        return None
    bot_id, _, secret = token.partition(":")
    if not secret or not _is_bot_id(bot_id):
        raise SettingsError("TELEGRAM_BOT_TOKEN is not of the form <bot id>:<secret>.")
    return Secret(token)


def read_yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    """Return whether a setting is yes; not set means no. Raises SettingsError."""
    text = environment.get(name) or NO
    if text not in {YES, NO}:
        raise SettingsError(f"{name} is neither yes nor no.")
    return text == YES


def _bot_id(environment: Mapping[str, str]) -> int:
    """Return the bot's id: the part of its token before the colon, or TELEGRAM_BOT_ID."""
    token = read_token(environment)
    if token:
        return int(token.reveal().partition(":")[0])
    text = environment.get("TELEGRAM_BOT_ID") or str(DEFAULT_BOT_ID)
    if not _is_bot_id(text):
        raise SettingsError(
            "TELEGRAM_BOT_ID is not a bot id: that is the number before the colon of a token."
        )
    return int(text)


def _is_bot_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= BOT_ID_DIGITS


def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError("TG_TIMEZONE is not a time zone such as Europe/Lisbon.") from None


def _secret_token(environment: Mapping[str, str], name: str, least: int) -> Secret | None:
    text = environment.get(name)
    if text and not (len(text) >= least and _SECRET_TOKEN.fullmatch(text)):
        raise SettingsError(
            f"{name} must be {least} to 256 characters of A-Z a-z 0-9 _ and -: "
            "`openssl rand -hex 32` prints a good one."
        )
    return Secret(text) if text else None


def _privacy_key(environment: Mapping[str, str]) -> Secret | None:
    text = environment.get("TG_PRIVACY_KEY")
    if text and len(text) < MIN_KEY_CHARACTERS:
        raise SettingsError(
            f"TG_PRIVACY_KEY must have at least {MIN_KEY_CHARACTERS} characters: "
            "`openssl rand -hex 32` prints a good one."
        )
    return Secret(text) if text else None


def _dropped_fields(environment: Mapping[str, str]) -> frozenset[str]:
    words = [word.strip() for word in environment.get("TG_DROP", "").split(",")]
    names = frozenset(filter(None, words))
    if not names <= DROPPABLE:
        raise SettingsError(
            "TG_DROP names a field that can't be dropped; these can: "
            f"{', '.join(sorted(DROPPABLE))}."
        )
    if environment.get("TG_DROP") and not names:
        raise SettingsError("TG_DROP is set but names no field: leave it empty to keep all.")
    return names


def read_drop_text(environment: Mapping[str, str]) -> DropText | None:
    """Return from where on texts are left out; raises SettingsError."""
    text = environment.get("TG_DROP_TEXT")
    try:
        return DropText(text) if text else None
    except ValueError:
        raise SettingsError("TG_DROP_TEXT is neither landing nor enriched.") from None


def _chat_ids(environment: Mapping[str, str]) -> frozenset[int]:
    name = "TELEGRAM_CHAT_IDS" if environment.get("TELEGRAM_CHAT_IDS") else "TELEGRAM_CHAT_ID"
    words = [word.strip() for word in environment.get(name, "").split(",")]
    for word in filter(None, words):
        if not _CHAT_ID.fullmatch(word):
            raise SettingsError(
                f"{name} has an entry that is not a chat id such as -1001234567890."
            )
    chat_ids = frozenset(int(word) for word in words if word)
    if environment.get(name) and not chat_ids:
        raise SettingsError(f"{name} is set but names no chat: leave it empty to keep all chats.")
    return chat_ids


def _webhook_path(path: str | None) -> Secret | None:
    if not path:
        return None
    if not path.startswith("/") or "?" in path or "#" in path:
        # Not shown: many bots put their token into it.
        raise SettingsError("TG_WEBHOOK_PATH is not a path such as /telegram.")
    return Secret(path.rstrip("/") or "/")


def _forward(environment: Mapping[str, str]) -> ForwardSettings | None:
    url = environment.get("FORWARD_URL")
    if not url:
        return None
    if not _is_http_url(url):
        raise SettingsError("FORWARD_URL is not a valid http:// or https:// URL.")
    if is_sent_in_clear(url) and not read_yes_or_no(environment, "TG_FORWARD_HTTP"):
        raise SettingsError(
            "FORWARD_URL is a plain http:// URL, so anyone on the way could read the updates: use "
            "https://, or set TG_FORWARD_HTTP=yes if the network is yours."
        )
    return ForwardSettings(
        url=Secret(url),
        # The bot's own: it may be shorter than ours.
        secret_token=_secret_token(environment, "FORWARD_SECRET_TOKEN", 1),
        seconds=_seconds(environment.get("FORWARD_TIMEOUT_SECONDS")),
        update_types=_update_types(environment),
    )


def is_sent_in_clear(url: str) -> bool:
    """Return whether what is sent to a URL leaves this machine without encryption."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.startswith("http:")
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Return whether a host's name or address is that of the machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _update_types(environment: Mapping[str, str]) -> frozenset[str]:
    name = "FORWARD_ALLOWED_UPDATES"
    words = [word.strip() for word in environment.get(name, "").split(",")]
    for word in filter(None, words):
        if not _UPDATE_TYPE.fullmatch(word):
            raise SettingsError(f"{name} has an entry that is not an update type such as message.")
    update_types = frozenset(filter(None, words))
    if environment.get(name) and not update_types:
        raise SettingsError(f"{name} is set but names no type: leave it empty for the default.")
    return update_types


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_printable = all("!" <= char <= "~" for char in parts.path + parts.query)
        is_http = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_http and is_printable


def _seconds(text: str | None) -> float:
    try:
        seconds = float(text) if text else DEFAULT_FORWARD_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= DEFAULT_FORWARD_SECONDS * 2:
        raise SettingsError(
            "FORWARD_TIMEOUT_SECONDS is not a number of seconds above 0 and up to 50."
        )
    return seconds


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
