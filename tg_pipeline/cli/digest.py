"""`tg-pipeline digest`: a day or a week in a message and a chart, for the admin chat."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from tg_pipeline.builds.admin_chat import AdminChat, Outcome
from tg_pipeline.builds.digest import compose, post
from tg_pipeline.builds.digest_due import NotBuiltError
from tg_pipeline.cli.context import open_api, open_lake, parse_day, rate_limit_retry, show
from tg_pipeline.cli.report import subject_of
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.idempotency import IdempotencyStore
from tg_pipeline.marts.digest.digest import Digest
from tg_pipeline.marts.digest.edition import Edition, Kind
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.speech import NO_BREAK, Speech
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.telegram.errors import DeliveryUnknownError
from tg_pipeline.telegram.messages import to_plain

KINDS: Final = [kind.value for kind in Kind]

Period = Annotated[
    str | None, typer.Option("--period", help=f"{' or '.join(KINDS)}; else as TG_DIGEST has it.")
]
Day = Annotated[
    str | None,
    typer.Option("--date", help="The day, or one of the week; else the last that ended."),
]
Lang = Annotated[
    str | None,
    typer.Option("--lang", help=f"{' or '.join(LANGUAGES)}; else as TG_DIGEST_LANG has it."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Send nothing: print the text.")]
ToFile = Annotated[
    Path | None,
    typer.Option("--to-file", help="Send nothing: print the text, write the chart (PNG) there."),
]
Again = Annotated[bool, typer.Option("--again", help="Send it whatever was sent before.")]

TOLD: Final = {
    Outcome.SENT: "sent",
    Outcome.SENT_BEFORE: "sent before, and not sent again",
    Outcome.IN_DOUBT: "begun before without an answer, so it may be in the chat: not sent again",
}


def digest(
    period: Period = None,
    day: Day = None,
    lang: Lang = None,
    dry_run: DryRun = False,
    to_file: ToFile = None,
    again: Again = False,
) -> None:
    """Post a day or a week to the admin chat as a text and a chart: once, however often it is run.

    The text and the chart are claimed in the lake before they are sent; --again sends what was
    claimed.
    """
    settings = load_settings()
    edition, say = _edition(settings, period, day), _speech(settings, lang)
    if dry_run or to_file:
        _show(_made(settings, edition, say), to_file)
        return
    chat = _chat(settings)
    with open_api(settings) as api:
        claims = IdempotencyStore(open_lake(settings).store, _now)
        made = _made(settings, edition, say)
        _send(AdminChat(api, chat, claims, rate_limit_retry()), made, again=again)


def _edition(settings: Settings, period: str | None, day: str | None) -> Edition:
    name = period or settings.admin.digest or Kind.DAY.value
    if name not in KINDS:
        raise CommandError(f"--period {name} is none of {' and '.join(KINDS)}.")
    today = datetime.now(settings.zone).date()
    if day is None:
        return Edition.last_ended(Kind(name), today)
    edition = Edition.of(Kind(name), parse_day(day, today))
    if today <= edition.period.last:
        raise CommandError(f"{edition.name} is not over before the end of {edition.period.last}.")
    return edition


def _speech(settings: Settings, lang: str | None) -> Speech:
    name = lang or settings.admin.language
    if name not in LANGUAGES:
        raise CommandError(f"--lang {name} is not spoken here: {' or '.join(LANGUAGES)}.")
    return Speech(LANGUAGES[name])


def _chat(settings: Settings) -> str:
    if settings.admin.chat_id is None:
        raise CommandError(
            "TG_ADMIN_CHAT_ID is not set: set it to the number of the chat that the digest is for, "
            "such as -1001234567890, and add the bot to that chat."
        )
    return settings.admin.chat_id


def _made(settings: Settings, edition: Edition, say: Speech) -> Digest:
    try:
        return compose(subject_of(settings), edition, say)
    except NotBuiltError as error:
        raise CommandError(f"No digest of {edition.name}: {error}") from None


def _show(made: Digest, to_file: Path | None) -> None:
    for line in to_plain(made.text).replace(NO_BREAK, " ").split("\n"):
        show(line)
    if to_file:
        to_file.write_bytes(made.png)


def _send(chat: AdminChat, made: Digest, *, again: bool) -> None:
    try:
        for posted in post(chat, made, again=again):
            show(f"{made.edition.name}, {posted.part}: {TOLD[posted.outcome]}.")
    except DeliveryUnknownError as error:
        raise CommandError(f"{error} Look into the chat: --again sends both.") from None


def _now() -> datetime:
    return datetime.now(UTC)
