"""Which update ids are missing between the days of raw_updates, and why they may be.

Telegram numbers the updates of a bot in sequence, so an id that is on no day is an update that was
not stored: https://core.telegram.org/bots/api#update. The footers of the days state their ids. Only
where some are missing are a few rows read: those of the updates before and after them, for the time
of their arrival.

An id that is missing can have harmless reasons, so a gap fails a check only if none is possible.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import takewhile
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from lambda_ingest.landing import REJECTED_PREFIX
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX, GapReason
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import DayState, day_states
from tg_pipeline.lake.floors import ALL_DAYS, Floors
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake
from tg_pipeline.landing.zone import EPOCH, iter_days, list_days, valid_day
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.layers.update_ids import (
    COUNTED_IDS,
    UPDATE_IDS,
    BotIds,
    IdRange,
    decode_update_ids,
)
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE, GapMessages
from tg_pipeline.storage.object_store import list_pages

LAST_ID: Final = FIRST_SYNTHETIC_ID - 1
"""The last id of an update; synthetic ones have no sequence."""

KEPT_BY_TELEGRAM: Final = timedelta(hours=24)
"""How long Telegram keeps an update that is not fetched, and retries its webhook call.
https://core.telegram.org/bots/api#getting-updates"""

RESTART: Final = timedelta(days=6)
"""Days between two updates from which on the second may have a random id. Telegram chooses one
after a week without updates; the first may have arrived on the day after it was sent."""

LONGEST_GAP: Final = 10_000_000
"""Ids. A longer gap is taken for the distance of two numberings: Telegram queues at most some
millions of updates of a bot, and numbers them up to 2,000,000,000."""

LOOKED_BACK: Final = 8
"""Days before the first that is checked whose ids are read too: an update from the network lands at
most a week before the day it arrived on (`lambda_ingest.landing.MAX_AGE`)."""

MAX_READ: Final = 100
"""Gaps whose neighbours are read; a listing of more helps nobody, and each takes a read."""


_DAY_OF_KEY: Final = re.compile(r"/context_date=(\d{4}-\d{2}-\d{2})/")
_MARKER: Final = re.compile(
    rf"{GAPS_PREFIX}/context_date=(?P<day>\d{{4}}-\d{{2}}-\d{{2}})/(?P<bot>\d{{1,19}})"
    rf"-(?P<reason>{'|'.join(reason.value for reason in GapReason)})"
)


class GapCause(Enum):
    """Why ids are missing, as far as that can be known."""

    LOST = "lost"
    """Nothing that is known explains it."""
    SILENCE = "silence"
    """Ingestion fetched nothing for longer than Telegram keeps an update."""
    PENDING = "pending"
    """Telegram may still deliver them, or a day that may hold them is not built."""
    FILTERED = "filtered"
    """A chat filter was on: updates of other chats were not stored."""
    FORGOTTEN = "forgotten"
    """They may be updates of forgotten people."""
    UNREADABLE = "unreadable"
    """They may be among lines or bodies that could not be read."""
    EXPIRED = "expired"
    """They may be on a day that is not kept, or that has no partition."""
    IMPORTED = "imported"
    """They were not among the updates that were landed later, from files."""
    NUMBERING = "numbering"
    """The numbering may have restarted."""
    INEXACT = "inexact"
    """The ids of a day are too scattered for its footer."""
    UNNAMED_BOT = "unnamed_bot"
    """The updates name no bot, so they may be of several."""

    @property
    def is_loss(self) -> bool:
        """Whether updates are surely missing."""
        return self in {GapCause.LOST, GapCause.SILENCE, GapCause.IMPORTED}


@dataclass(frozen=True, slots=True)
class IdGap:
    """Ids of a bot that are on no day."""

    bot_id: int
    first: int
    last: int
    after: date
    """The day of the update before them."""
    before: date
    """The day of the update after them."""
    cause: GapCause
    reason: str
    """The cause in a clause, with its numbers."""
    is_failure: bool
    """Whether updates were surely lost, on a day that is checked."""
    language: str = DEFAULT_LANGUAGE
    """That of the reason and of the sentence."""

    @property
    def ids(self) -> int:
        """The number of ids."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """Return a sentence."""
        fmt = Formatter(self.language)
        texts = fmt.messages.gaps
        first, last = sorted((self.after, self.before))
        where = texts.on.format(day=first)
        if first != last:
            where = texts.between.format(first=first, last=last)
        template = texts.update if self.ids == 1 else texts.updates
        return template.format(
            first=self.first,
            last=self.last,
            bot=self.bot_id,
            ids=fmt.number(self.ids),
            where=where,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True)
class DayIds:
    """What is known of the update ids of a day."""

    day: date
    bots: Mapping[int, BotIds]
    is_complete: bool = True
    """Whether the ids are those of everything that landed on the day."""
    unreadable: int = 0
    """Lines in quarantine."""
    suppressed: int = 0
    """Lines that a build left out because they are a forgotten person's."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What ingestion did not store as updates, by day."""

    filtered: frozenset[tuple[date, int]] = frozenset()
    """Days and bots of which updates were not stored because of a chat filter."""
    suppressed: frozenset[tuple[date, int]] = frozenset()
    """Days and bots of which updates were not stored because they are a forgotten person's."""
    rejected: Mapping[date, int] = field(default_factory=dict)
    """The bodies that could not be landed as updates."""
    outside: frozenset[date] = frozenset()
    """Days with landed objects, but without a partition."""


@dataclass(frozen=True, slots=True)
class GapRules:
    """What decides whether a gap is a loss."""

    now: datetime
    """Aware."""
    zone: ZoneInfo
    checked_from: date
    """The first day whose gaps fail a check."""
    start_date: date = date.min
    """The first day that has a partition."""
    has_filter: bool = False
    """Whether ingestion stores chosen chats only."""
    forgets_people: bool = False
    floors: Floors = ALL_DAYS
    language: str = DEFAULT_LANGUAGE
    """That of the reasons."""

    @property
    def today(self) -> date:
        """The local day, the last that has a partition."""
        return self.now.astimezone(self.zone).date()

    @property
    def first_kept(self) -> date:
        """The first day whose rows and landed objects are both kept."""
        return max(filter(None, (self.floors.landing, self.floors.raw)), default=date.min)


class _Side(NamedTuple):
    """A range of a bot's day."""

    ids: IdRange
    day: DayIds
    of_bot: BotIds


@dataclass(frozen=True, slots=True)
class MissingIds:
    """Ids that are on no day, and the days that hold the ids beside them."""

    bot_id: int
    first: int
    last: int
    lower: tuple[_Side, ...]
    """The ranges that end before them, by day."""
    upper: tuple[_Side, ...]
    """The ranges that begin after them, by day."""

    @property
    def after(self) -> date:
        """The first day with the id before them."""
        return self.lower[0].day.day

    @property
    def before(self) -> date:
        """The first day with the id after them."""
        return self.upper[0].day.day

    @property
    def days(self) -> list[date]:
        """The days that the missing updates may have landed on.

        An update without a time lands on the day it arrives, up to a day after it was sent.
        """
        first, last = min(self.after, self.before), max(self.after, self.before)
        return list(iter_days(_shifted(first, -1), _shifted(last, 1)))

    @property
    def is_exact(self) -> bool:
        """Whether the bounds are known, and not rounded."""
        return all(side.of_bot.is_exact for side in (*self.lower, *self.upper))


Arrivals = Mapping[tuple[int, int], datetime]
"""When updates arrived first (aware), by bot and id."""


def missing_ids(history: Iterable[DayIds]) -> list[MissingIds]:
    """Return the ids of each bot that are on no day, between ids that are; ascending.

    Those between two numberings are not among them. Telegram numbers in the order of time, so the
    ids between two updates belong to the days between these, whichever other days have lower or
    higher ids; and two numberings are a week apart.
    """
    sides: dict[int, list[_Side]] = {}
    for day in history:
        for bot_id, ids in day.bots.items():
            known = (each for each in ids.ranges if each[0] <= LAST_ID)
            sides.setdefault(bot_id, []).extend(_Side(each, day, ids) for each in known)
    return [
        found
        for bot_id in sorted(sides)
        for found in _gaps_of_bot(bot_id, sorted(sides[bot_id], key=lambda side: side.ids))
        if _may_be_one_numbering(found)
    ]


def _gaps_of_bot(bot_id: int, sides: Sequence[_Side]) -> Iterator[MissingIds]:
    end = -1
    """The last id so far."""
    lower: list[_Side] = []
    for number, side in enumerate(sides):
        if lower and side.ids[0] > end + 1:
            upper = _beginning_with(side.ids[0], sides, number)
            yield MissingIds(bot_id, end + 1, side.ids[0] - 1, _by_day(lower), _by_day(upper))
        if side.ids[1] > end:
            end, lower = side.ids[1], []
        if side.ids[1] == end:
            lower.append(side)


def _beginning_with(first: int, sides: Sequence[_Side], start: int) -> Iterator[_Side]:
    """Return the ranges from `start` on that begin with an id."""
    following = (sides[number] for number in range(start, len(sides)))
    return takewhile(lambda side: side.ids[0] == first, following)


def _by_day(sides: Iterable[_Side]) -> tuple[_Side, ...]:
    return tuple(sorted(sides, key=lambda side: side.day.day))


def _may_be_one_numbering(found: MissingIds) -> bool:
    is_in_order = found.after <= _shifted(found.before, 1)
    return is_in_order and found.last - found.first < LONGEST_GAP


def explain(
    found: Iterable[MissingIds],
    history: Sequence[DayIds],
    left_out: LeftOut,
    arrivals: Arrivals,
    rules: GapRules,
) -> list[IdGap]:
    """Return the gaps with their likely causes.

    `arrivals` are those of the updates beside the gaps; the bounds of a day stand in for others.
    """
    days = {day.day: day for day in history}
    return [_explained(each, days, left_out, arrivals, rules) for each in found]


def _explained(
    found: MissingIds,
    days: Mapping[date, DayIds],
    left_out: LeftOut,
    arrivals: Arrivals,
    rules: GapRules,
) -> IdGap:
    reason = _Reasons(found, days, left_out, arrivals, rules, Formatter(rules.language))
    cause, text = next(each for each in reason.all() if each)
    is_checked = found.before >= rules.checked_from
    bounds = (found.first, found.last, found.after, found.before)
    is_failure = cause.is_loss and is_checked
    return IdGap(found.bot_id, *bounds, cause, text, is_failure, rules.language)


_Reason = tuple[GapCause, str] | None


@dataclass(frozen=True, slots=True)
class _Reasons:
    """The possible reasons of a gap."""

    found: MissingIds
    history: Mapping[date, DayIds]
    left_out: LeftOut
    arrivals: Arrivals
    rules: GapRules
    fmt: Formatter

    @property
    def texts(self) -> GapMessages:
        """The texts in the language of the rules."""
        return self.fmt.messages.gaps

    def all(self) -> Iterator[_Reason]:
        """Yield each reason that applies, or None; the one that explains most comes first."""
        yield self._of_bot()
        yield self._numbering()
        yield self._expired()
        yield self._filtered()
        yield self._forgotten()
        yield self._unreadable()
        yield self._inexact()
        yield self._pending()
        yield self._imported()
        yield self._silence()
        yield GapCause.LOST, self.texts.lost

    def _of_bot(self) -> _Reason:
        if self.found.bot_id:
            return None
        return GapCause.UNNAMED_BOT, self.texts.unnamed_bot

    def _numbering(self) -> _Reason:
        apart = self.found.before - self.found.after
        if apart < RESTART:
            return None
        return GapCause.NUMBERING, self.fmt.plural(apart.days - 1, self.texts.numbering)

    def _expired(self) -> _Reason:
        first = self.rules.first_kept
        if self.found.days[0] < first:
            return GapCause.EXPIRED, self.texts.not_kept.format(day=first)
        if outside := sorted(self.left_out.outside.intersection(self.found.days)):
            return GapCause.EXPIRED, self.texts.outside.format(day=outside[0])
        return None

    def _filtered(self) -> _Reason:
        marked = _concerns(self.left_out.filtered, self.found)
        if not self.rules.has_filter and not marked:
            return None
        return GapCause.FILTERED, self.texts.filtered

    def _forgotten(self) -> _Reason:
        marked = _concerns(self.left_out.suppressed, self.found)
        lines = sum(day.suppressed for day in self._days())
        if not self.rules.forgets_people and not marked and not lines:
            return None
        return GapCause.FORGOTTEN, self.texts.forgotten

    def _unreadable(self) -> _Reason:
        lines = sum(day.unreadable for day in self._days())
        bodies = sum(self.left_out.rejected.get(day, 0) for day in self.found.days)
        if not lines and not bodies:
            return None
        what = self.fmt.plural(bodies, self.texts.bodies)
        if lines:
            read = self.fmt.plural(lines, self.texts.lines)
            both = self.texts.lines_and_bodies.format(lines=read, bodies=what)
            what = both if bodies else read
        return GapCause.UNREADABLE, self.texts.unreadable.format(what=what)

    def _imported(self) -> _Reason:
        """Return a reason if an update beside the gap arrived later than Telegram delivers it."""
        for update_id, sides in (
            (self.found.first - 1, self.found.lower),
            (self.found.last + 1, self.found.upper),
        ):
            day = sides[0].day.day
            known = self.arrivals.get((self.found.bot_id, update_id))
            arrived = known or _instant(sides[0].of_bot.first_received_at)
            if arrived > _end_of(day, self.rules.zone) + KEPT_BY_TELEGRAM:
                return GapCause.IMPORTED, self.texts.imported.format(day=day)
        return None

    def _inexact(self) -> _Reason:
        if self.found.is_exact:
            return None
        grid = max(side.of_bot.grid for side in (*self.found.lower, *self.found.upper))
        return GapCause.INEXACT, self.texts.inexact.format(grid=self.fmt.number(grid))

    def _pending(self) -> _Reason:
        until = self._arrived() + KEPT_BY_TELEGRAM
        if until > self.rules.now:
            local = f"{until.astimezone(self.rules.zone):%Y-%m-%d %H:%M}"
            return GapCause.PENDING, self.texts.pending.format(until=local)
        if unread := [day.day for day in self._days() if not day.is_complete]:
            return GapCause.PENDING, self.texts.not_built.format(day=unread[0])
        return None

    def _silence(self) -> _Reason:
        bot = self.found.bot_id
        before = self.arrivals.get((bot, self.found.first - 1))
        after = self.arrivals.get((bot, self.found.last + 1))
        if before is None or after is None or after - before <= KEPT_BY_TELEGRAM:
            return None
        hours = int((after - before).total_seconds() // 3600)
        return GapCause.SILENCE, self.fmt.plural(hours, self.texts.silence)

    def _days(self) -> list[DayIds]:
        return [self.history[day] for day in self.found.days if day in self.history]

    def _arrived(self) -> datetime:
        """Return the latest time at which the update after the gap can have been sent.

        That is its first arrival, or the end of its day if it was landed from a file later.
        """
        known = self.arrivals.get((self.found.bot_id, self.found.last + 1))
        latest = known or min(_instant(side.of_bot.last_received_at) for side in self.found.upper)
        return min(latest, _end_of(self.found.before, self.rules.zone))


def _concerns(marks: Collection[tuple[date, int]], found: MissingIds) -> bool:
    """Return whether a mark is of the bot, or of one without a name, and of a day of the gap."""
    bots = {found.bot_id, 0}
    days = set(found.days)
    return any(day in days and bot in bots for day, bot in marks)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(_shifted(day, 1), time.min, zone)


def _shifted(day: date, days: int) -> date:
    """Return a day before or after another, as far as the calendar goes."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def _instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def summaries(gaps: Iterable[IdGap]) -> Iterator[str]:
    """Yield a sentence for each bot and cause, with the number of ids and the days."""
    groups: dict[tuple[int, GapCause], list[IdGap]] = {}
    for gap in gaps:
        groups.setdefault((gap.bot_id, gap.cause), []).append(gap)
    for (bot_id, _), found in groups.items():
        if len(found) == 1:
            yield str(found[0])
            continue
        ids, newest = sum(gap.ids for gap in found), max(found, key=lambda gap: gap.before)
        first = min(gap.after for gap in found)
        fmt = Formatter(newest.language)
        yield fmt.messages.gaps.several.format(
            ids=fmt.number(ids),
            bot=bot_id,
            places=fmt.number(len(found)),
            after=first,
            before=newest.before,
            first=newest.first,
            last=newest.last,
            reason=newest.reason,
        )


# Reading


def find_gaps(
    landing: ObjectStore,
    lake: Lake,
    states: Sequence[DayState],
    rules: GapRules,
    footers: Footers | None = None,
) -> list[IdGap]:
    """Return the gaps in the ids of the days of `states`, of those after them, and a week before.

    `footers` are those of the lake, as far as they were read before. Raises StoreError.
    """
    history = read_history(footers or Footers(lake), states, rules.checked_from)
    # Of days before these, only the last of each bot was read: what is missing there is not known.
    first = _first_read(rules.checked_from)
    found = [each for each in missing_ids(history) if each.before >= first]
    if not found:
        return []
    recent = [each for each in found if each.before >= rules.checked_from]
    arrivals = {} if rules.has_filter else read_arrivals(lake, recent[-MAX_READ:])
    return explain(found, history, read_left_out(landing, rules), arrivals, rules)


def look_for_gaps(
    landing: ObjectStore, lake: Lake, parameters: LayerParameters, rules: GapRules
) -> list[IdGap]:
    """Return the gaps before updates of the days that are checked; raises StoreError.

    The landing zone is listed only where ids are missing, since a day of it can be a long listing.
    """
    footers = Footers(lake)
    missing = missing_ids(read_history(footers, [], rules.checked_from))
    found = [each for each in missing if each.before >= rules.checked_from]
    can_fail = not rules.has_filter and not rules.forgets_people
    days = {day for each in found for day in each.days} if can_fail else set()
    states = day_states(landing, lake, sorted(days), parameters, footers)
    gaps = find_gaps(landing, lake, states, rules, footers)
    return [gap for gap in gaps if gap.before >= rules.checked_from]


def read_history(footers: Footers, states: Iterable[DayState], checked_from: date) -> list[DayIds]:
    """Return the ids of the days of `states`, and those that the footers of others state.

    The others are those from LOOKED_BACK on, and the last one of each bot before. Without that, an
    old update that landed again would seem to be the last before the ids of now.
    """
    known = [_day_ids(state) for state in states]
    index = footers.index(RAW_UPDATES.name)
    built = {day for day in (*index.footers, *index.damaged) if isinstance(day, date)}
    first, bots = _first_read(checked_from), {bot for each in known for bot in each.bots}
    before: set[int] = set()
    """The bots of earlier days that were read."""
    for day in sorted(built.difference(each.day for each in known), reverse=True):
        text = index.metadata(day, UPDATE_IDS) or index.metadata(day, COUNTED_IDS)
        ids = DayIds(day, _decoded(text), is_complete=text is not None)
        if day >= first:
            known.append(ids)
            bots.update(ids.bots)
        elif not before or not bots.isdisjoint(ids.bots.keys() - before):
            known.append(ids)
            before.update(bot for bot, found in ids.bots.items() if found.rows)
    return sorted(known, key=lambda each: each.day)


def _first_read(checked_from: date) -> date:
    """Return the first day of which all ids are read."""
    return _shifted(checked_from, -LOOKED_BACK)


def _day_ids(state: DayState) -> DayIds:
    raw = state.layers[RAW_UPDATES.name]
    return DayIds(
        day=state.day,
        bots=_decoded(raw.update_ids),
        is_complete=not state.pending_objects and (raw.update_ids is not None or not raw.rows),
        unreadable=state.layers[QUARANTINE.name].rows,
        suppressed=state.read.suppressed if state.read else 0,
    )


def _decoded(text: str | None) -> dict[int, BotIds]:
    """Return the ids that a footer states; none if they are missing or damaged."""
    try:
        return decode_update_ids(text) if text else {}
    except msgspec.MsgspecError:
        return {}


def read_arrivals(lake: Lake, found: Iterable[MissingIds]) -> dict[tuple[int, int], datetime]:
    """Return when the updates beside the gaps arrived first; raises StoreError.

    Those on a damaged day are left out: it is for others to report.
    """
    wanted: dict[date, set[int]] = {}
    for each in found:
        for update_id, sides in ((each.first - 1, each.lower), (each.last + 1, each.upper)):
            for side in sides:
                wanted.setdefault(side.day.day, set()).add(update_id)
    arrivals: dict[tuple[int, int], datetime] = {}
    for day, ids in wanted.items():
        with suppress(DamagedPartitionError), lake.open(RAW_UPDATES.name, day) as partition:
            for batch in partition.project(["bot_id", "update_id", "received_at"]):
                rows = batch.filter(pc.is_in(batch["update_id"], pa.array(ids, pa.int64())))
                for row in rows.to_pylist():
                    key = row["bot_id"], row["update_id"]
                    arrivals[key] = min(arrivals.get(key, row["received_at"]), row["received_at"])
    return arrivals


def read_left_out(landing: ObjectStore, rules: GapRules) -> LeftOut:
    """Return what ingestion did not store as updates; raises StoreError."""
    marks: dict[GapReason, set[tuple[date, int]]] = {reason: set() for reason in GapReason}
    for key in _keys(landing, GAPS_PREFIX):
        if (mark := _MARKER.fullmatch(key)) and (day := valid_day(mark["day"])):
            marks[GapReason(mark["reason"])].add((day, int(mark["bot"])))
    named = filter(None, map(_DAY_OF_KEY.search, _keys(landing, REJECTED_PREFIX)))
    return LeftOut(
        filtered=frozenset(marks[GapReason.FILTERED]),
        suppressed=frozenset(marks[GapReason.SUPPRESSED]),
        rejected=Counter(filter(None, (valid_day(each[1]) for each in named))),
        outside=frozenset(
            day for day in list_days(landing) if not rules.start_date <= day <= rules.today
        ),
    )


def _keys(landing: ObjectStore, prefix: str) -> Iterator[str]:
    return (meta["path"] for page in list_pages(landing, prefix) for meta in page)
