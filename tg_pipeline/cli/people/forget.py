"""`tg-pipeline forget`: erase a person everywhere, and search for what is left."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_ID
from lambda_ingest.privacy.suppression import read_tombstones
from lambda_ingest.settings import Secret
from lambda_ingest.store import local_folder
from tg_pipeline.builds.report import REPORT
from tg_pipeline.cli.console import out, progress
from tg_pipeline.cli.context import (
    alone,
    check_lake,
    check_landing,
    landed_bots,
    open_landing,
    warn,
)
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.bot_names import read_bot_usernames
from tg_pipeline.settings import (
    SQL_HISTORY,
    STATE_FOLDER,
    Settings,
    dagster_home,
    home_folder,
    load_settings,
    webserver_file,
)
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages, open_object_store

if TYPE_CHECKING:
    from tg_pipeline.privacy.forget import ForgetPlaces, ForgetTools
    from tg_pipeline.privacy.search import Finding

OUT_OF_REACH: Final = (
    "Telegram itself, and digests and alerts that were posted in chats",
    "files that you made: reports, results of sql and export, screenshots, files for an import",
    "messages of the queues, for up to 14 days; Athena's query history; CloudWatch's logs",
    "backups, replicas, disk snapshots, and objects under Object Lock",
    "the pages of a Postgres database of Dagster until VACUUM FULL, and Dagsters elsewhere",
)
"""What no command can reach."""

User = Annotated[
    int | None, typer.Option("--user", min=1, max=MAX_ID, help="The id of the person.")
]
Username = Annotated[
    list[str] | None,
    typer.Option("--username", help="A username of theirs that no update shows (repeatable)."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only show where the person is; change nothing.")
]
TheUser = Annotated[int, typer.Option("--user", min=1, max=MAX_ID, help="The id of the person.")]

forget = typer.Typer(
    help="Erase a person from the landing zone, the lake and everything made from it.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@forget.callback()
def forget_person(
    context: typer.Context,
    user: User = None,
    username: Username = None,
    dry_run: DryRun = False,
) -> None:
    """Erase a person everywhere, and search for what is left.

    It can be interrupted: the same command does the rest. Exit code 0 means that nothing is left,
    and that every place was searched; 1 that something is left, or was not reached.
    """
    if context.invoked_subcommand is not None:
        return
    if user is None:
        raise typer.BadParameter("name the person by the id of the user.", param_hint="--user")
    settings = load_settings()
    check_landing(settings)
    check_lake(settings)
    _check_person(settings, user)
    names = frozenset(each.removeprefix("@").lower() for each in username or () if each)
    if dry_run:
        _show_places(settings, user, names)
        return
    settings = _with_key(settings)
    with alone(settings):
        is_complete = _forget(settings, user, names)
    if not is_complete:
        raise typer.Exit(1)


@forget.command("list")
def list_people() -> None:
    """List when people were forgotten. Not even the key leads from a digest back to an id."""
    # The import takes half a second, and only these commands need it.
    from tg_pipeline.privacy.tombstones import SHOWN_DIGITS, forgotten_people  # noqa: PLC0415

    settings = load_settings()
    people = forgotten_people(open_landing(settings))
    for person in people:
        stone = person.tombstone
        digits = person.digest.removeprefix("user-")[:SHOWN_DIGITS]
        state = f"complete {_minute(stone.completed_at)}" if stone.completed_at else "pending"
        _show(f"{digits}  forgotten {_minute(stone.forgotten_at)}  {state}")
    if not people:
        _show("No one was forgotten.")


@forget.command("lift")
def lift_tombstones(user: TheUser) -> None:
    """Store a person's updates again from now on. Nothing that was erased comes back."""
    from tg_pipeline.privacy.tombstones import lift  # noqa: PLC0415

    settings = load_settings()
    key = settings.ingest.privacy_key
    landing = open_landing(settings)
    if key is None:
        raise CommandError("TG_PRIVACY_KEY is not set: without it, no tombstone can be recognized.")
    _check_key(landing, key)
    with alone(settings):
        if not lift(landing, key, user):
            raise CommandError("This person was not forgotten with this TG_PRIVACY_KEY.")
    _show("Lifted: updates of this person are stored again. Restart nothing; it takes a minute.")


def _show(line: str) -> None:
    out.print(line, soft_wrap=True)


def _minute(instant: datetime | None) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if instant else "(unknown)"


def _check_person(settings: Settings, user: int) -> None:
    """Raise CommandError for a bot; warn if digests are sent to the person."""
    landing = open_landing(settings)
    if user in {settings.bot_id, *read_bot_usernames(landing), *landed_bots(landing)}:
        raise CommandError(f"{user} is a bot whose updates are stored here, not a person.")
    if settings.admin.chat_id == str(user):
        warn("TG_ADMIN_CHAT_ID is this person: digests and alerts are still sent to them.")


def _with_key(settings: Settings) -> Settings:
    """Return the settings with a key, which is generated if there is none; raises CommandError."""
    if settings.ingest.privacy_key is not None:
        _check_key(open_landing(settings), settings.ingest.privacy_key)
        return settings
    _check_key(open_landing(settings), None)
    from tg_pipeline.privacy.tombstones import KEY_NAME, generate_key  # noqa: PLC0415

    generate_key(settings, home_folder())
    warn(
        f"{KEY_NAME} was generated and added to {home_folder() / '.env'}: keep a copy of it. If it "
        "is lost, imports of old files bring forgotten people back. Restart serve, poll and up."
    )
    if webserver_file().exists():
        raise CommandError("Restart tg-pipeline up, which needs the new key; then run this again.")
    return load_settings()


def _check_key(landing: ObjectStore, key: Secret | None) -> None:
    """Raise PrivacyKeyError if people were forgotten with another key."""
    with translate_errors(landing):
        read_tombstones(landing, key)


def _forget(settings: Settings, user: int, names: frozenset[str]) -> bool:
    from tg_pipeline.privacy.forget import forget as forget_everywhere  # noqa: PLC0415
    from tg_pipeline.privacy.forget import identify  # noqa: PLC0415

    key = settings.ingest.privacy_key
    if key is None:
        raise CommandError("TG_PRIVACY_KEY is not set.")
    places, tools = _places(settings), _tools()
    census = identify(places, user, names, tools)
    subject = census.subject()
    _warn_of_shared_names(len(subject.shared_usernames), len(subject.shared_names))
    result = forget_everywhere(places, census, key, tools)
    counts = result.counts
    _show(
        f"Landing zone: {counts.own:,} updates of the person and {counts.of_others:,} of others "
        f"with the person; {counts.deleted:,} objects deleted, {counts.rewritten:,} rewritten."
    )
    _show(f"Dagster's history: {result.runs:,} runs deleted.")
    _show_findings(result.findings, "left")
    _show_limits()
    if result.is_complete:
        _show("Nothing is left in the places that were searched.")
    else:
        warn("Not complete: something is left, or a place was not reached. Run it again.")
    return result.is_complete


def _warn_of_shared_names(usernames: int, names: int) -> None:
    if usernames:
        warn(
            f"{usernames} of their usernames belong or belonged to another person, too: mentions "
            "by these are kept, unless you name them with --username."
        )
    if names:
        warn(f"{names} of their full names are those of another person, too, and are kept.")


def _show_places(settings: Settings, user: int, names: frozenset[str]) -> None:
    """Print where the person is."""
    from tg_pipeline.privacy.forget import identify, search, traces_of  # noqa: PLC0415
    from tg_pipeline.privacy.landing import count_landed  # noqa: PLC0415

    places, tools = _places(settings), _tools()
    key = settings.ingest.privacy_key or Secret(secrets.token_hex(32))
    traces = traces_of(places, identify(places, user, names, tools), key, tools)
    counts = count_landed(places.landing, traces.tombstones)
    _show(
        f"Updates of the person: {counts.own:,}; of others with the person: {counts.of_others:,}."
    )
    runs = places.history.count_runs(traces)
    _show(f"Runs in Dagster's history with the person: {runs:,}.")
    _show_findings(search(places, traces, tools), "with the person")
    _show_limits()
    _show("Nothing was changed.")


def _show_findings(findings: "list[Finding]", what: str) -> None:
    width = max(len(finding.place) for finding in findings)
    for finding in findings:
        place, left = f"{finding.place:<{width}}", f"{finding.left:>7,} {what}"
        _show(f"{place}  {finding.searched:>9,} searched  {left}")
        for name in finding.examples:
            _show(f"    {name}")
        if finding.left > len(finding.examples):
            _show(f"    … and {finding.left - len(finding.examples):,} more")
        if finding.unreachable:
            _show(f"    not reached: {finding.unreachable}")


def _show_limits() -> None:
    _show("Out of reach of any command:")
    for each in OUT_OF_REACH:
        _show(f"  - {each}")


def _places(settings: Settings) -> "ForgetPlaces":
    from tg_pipeline.cli.people.dagster_history import DagsterHistory  # noqa: PLC0415
    from tg_pipeline.privacy.athena_results import open_results  # noqa: PLC0415
    from tg_pipeline.privacy.forget import ForgetPlaces  # noqa: PLC0415
    from tg_pipeline.privacy.search import Finding  # noqa: PLC0415

    state = home_folder() / STATE_FOLDER
    results = open_results(settings)
    stores = (local_folder(settings.landing_uri), local_folder(settings.lake_uri))
    return ForgetPlaces(
        landing=open_object_store(settings.landing_uri),
        lake=Lake(settings.lake_uri),
        history=DagsterHistory(_bar, tuple(filter(None, stores))),
        build=lambda: _build(settings),
        state_folder=state,
        searched_elsewhere=(dagster_home(),),
        line_files=(state / SQL_HISTORY,),
        results=None if isinstance(results, Finding) else results,
        unreachable=(results,) if isinstance(results, Finding) else (),
    )


def _tools() -> "ForgetTools":
    from tg_pipeline.privacy.forget import ForgetTools  # noqa: PLC0415

    return ForgetTools(now=lambda: datetime.now(UTC), sleep=_wait, bar=_bar)


def _wait(seconds: float) -> None:
    warn(f"Waiting {seconds:.0f} s: other machines list the forgotten people once a minute.")
    time.sleep(seconds)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], object]]:
    with progress() as bar:
        task = bar.add_task(name, total=total or None)
        yield lambda count: bar.update(task, advance=count)


def _build(settings: Settings) -> None:
    """Build what is stale, as `tg-pipeline run` does; and the report, if there is one."""
    # Dagster takes a second to import.
    from tg_pipeline.cli.builds.materialize import materialize  # noqa: PLC0415
    from tg_pipeline.cli.builds.run import are_cumulative_marts_stale, changed_days  # noqa: PLC0415

    def has_report() -> bool:
        return any(map(len, list_pages(Lake(settings.lake_uri).store, REPORT)))

    footers = Footers(Lake(settings.lake_uri))
    days = changed_days(settings, datetime.now(settings.zone).date(), footers=footers)
    if days or has_report() or are_cumulative_marts_stale(settings, footers):
        materialize(days, full=False, wants_report=has_report)
