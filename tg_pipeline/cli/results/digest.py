"""`tg-pipeline digest`: post a day or a week to the admin chat, as a text and a chart."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from tg_pipeline.builds.digest import (
    CHART,
    TEXT,
    AdminChat,
    NotBuiltError,
    PostOutcome,
    compose_digest,
    post_digest,
)
from tg_pipeline.cli.context import open_lake, parse_day, show
from tg_pipeline.cli.ingestion.bot_api import open_api, rate_limit_retry
from tg_pipeline.cli.results.report import check_language, report_source
from tg_pipeline.exceptions import CommandError
from tg_pipeline.report.digest import Digest
from tg_pipeline.report.formatting import NO_BREAK, Formatter
from tg_pipeline.report.messages import LANGUAGES, BuildMessages, load_messages
from tg_pipeline.report.models import DigestKind, DigestPeriod
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.idempotency import IdempotencyStore
from tg_pipeline.telegram.errors import DeliveryUnknownError
from tg_pipeline.telegram.messages import to_plain

KINDS: Final = [kind.value for kind in DigestKind]

Period = Annotated[
    str | None, typer.Option("--period", help=f"{' or '.join(KINDS)}; default: TG_DIGEST.")
]
Day = Annotated[
    str | None,
    typer.Option("--date", help="The day, or a day of the week; default: the last that ended."),
]
Lang = Annotated[
    str | None,
    typer.Option("--lang", help=f"{' or '.join(LANGUAGES)}; default: TG_LANG."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Send nothing: print the text.")]
ToFile = Annotated[
    Path | None,
    typer.Option("--to-file", help="Send nothing: print the text, write the chart (PNG) there."),
]
Again = Annotated[bool, typer.Option("--again", help="Send it even if it was sent before.")]


def digest(
    period: Period = None,
    day: Day = None,
    lang: Lang = None,
    dry_run: DryRun = False,
    to_file: ToFile = None,
    again: Again = False,
) -> None:
    """Post a day or a week to the admin chat as a text and a chart, each at most once.

    An idempotency key in the lake is acquired before each message is sent; --again sends both
    anyway.
    """
    settings = load_settings()
    chosen = chosen_period(settings, period, day, datetime.now(settings.zone).date())
    fmt = _formatter(settings, lang)
    if dry_run or to_file:
        _print(_compose(settings, chosen, fmt), to_file)
        return
    send_digest(settings, chosen, fmt, again=again)


def send_digest(
    settings: Settings, period: DigestPeriod, fmt: Formatter, *, again: bool = False
) -> None:
    """Post the digest of a period to the admin chat; raises CommandError."""
    chat = _chat(settings)
    with open_api(settings) as api:
        claims = IdempotencyStore(open_lake(settings).store, _now)
        composed = _compose(settings, period, fmt)
        texts = load_messages(settings.language).builds
        _send(AdminChat(api, chat, claims, rate_limit_retry()), composed, texts, again=again)


def chosen_period(
    settings: Settings, period: str | None, day: str | None, today: date
) -> DigestPeriod:
    """Return the period that is asked for, by default the last that ended; raises CommandError."""
    name = period or settings.admin.digest or DigestKind.DAY.value
    if name not in KINDS:
        raise CommandError(f"--period {name} is not supported: use {' or '.join(KINDS)}.")
    if day is None:
        return DigestPeriod.last_ended(DigestKind(name), today)
    chosen = DigestPeriod.of(DigestKind(name), parse_day(day, today))
    if today <= chosen.period.last:
        raise CommandError(f"{chosen.name} is not over before the end of {chosen.period.last}.")
    return chosen


def _formatter(settings: Settings, lang: str | None) -> Formatter:
    name = lang or settings.admin.language
    check_language(name)
    return Formatter(name)


def _chat(settings: Settings) -> str:
    if settings.admin.chat_id is None:
        raise CommandError(
            "TG_ADMIN_CHAT_ID is not set: set it to the number of the chat for the digest, such as "
            "-1001234567890, and add the bot to that chat."
        )
    return settings.admin.chat_id


def _compose(settings: Settings, period: DigestPeriod, fmt: Formatter) -> Digest:
    try:
        return compose_digest(report_source(settings), period, fmt)
    except NotBuiltError as error:
        raise CommandError(f"No digest of {period.name}: {error}") from None


def _print(composed: Digest, to_file: Path | None) -> None:
    for line in to_plain(composed.text).replace(NO_BREAK, " ").split("\n"):
        show(line)
    if to_file:
        to_file.write_bytes(composed.png)


def _send(chat: AdminChat, composed: Digest, texts: BuildMessages, *, again: bool) -> None:
    parts = {TEXT: texts.text, CHART: texts.chart}
    outcomes = {
        PostOutcome.SENT: texts.sent,
        PostOutcome.SENT_BEFORE: texts.sent_before,
        PostOutcome.IN_DOUBT: texts.in_doubt,
    }
    try:
        for posted in post_digest(chat, composed, again=again):
            part, outcome = parts[posted.part], outcomes[posted.outcome]
            show(f"{composed.period.name}, {part}: {outcome}.")
    except DeliveryUnknownError as error:
        raise CommandError(f"{error} Check the chat: --again sends both messages.") from None


def _now() -> datetime:
    return datetime.now(UTC)
