"""The expected rows of the daily marts, with all columns of the mart in their order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from tg_pipeline.sample import SAMPLE_BOT_ID
from tg_pipeline_tests.marts.reference.happenings import EDITED, SENT, Happening, Row, monday

Day = list[Happening]
Key = TypeVar("Key")


def daily_activity(day: Day) -> Iterable[Row]:
    for chat, those in _grouped(day, SENT | EDITED, lambda each: each.chat):
        sent = [each for each in those if each.kind in SENT]
        about = those[0].content["chat"]
        edits = len(those) - len(sent)
        title = about.get("title")
        yield SAMPLE_BOT_ID, chat, about["type"], title, len(sent), edits, _people(sent)


def hourly_activity(day: Day) -> Iterable[Row]:
    for (chat, hour), those in _grouped(day, SENT, lambda each: (each.chat, each.at.hour)):
        year, week, weekday = those[0].day.isocalendar()
        begin = monday(those[0].day)
        counts = len(those), _people(those)
        yield SAMPLE_BOT_ID, chat, begin, year, week, weekday, hour, *counts


def user_activity(day: Day) -> Iterable[Row]:
    acted = [each for each in day if each.account]
    kinds = {each.kind for each in day}
    for (chat, user), those in _grouped(acted, kinds, lambda e: (e.chat, e.account["id"])):
        sent = [each for each in those if each.kind in SENT]
        lengths = [len(each.content["text"]) for each in sent if "text" in each.content]
        mean = int(sum(lengths) / len(lengths) + 0.5) if lengths else None
        kind = Counter(each.kind for each in those)
        account = those[0].account
        yield (
            *(SAMPLE_BOT_ID, chat, user, account["first_name"], account["is_bot"]),
            *(len(sent), len(lengths), mean, sum(each.command is not None for each in sent)),
            *(sum(kind[name] for name in EDITED), kind["message_reaction"]),
            *(kind["callback_query"], len(those)),
        )


def commands(day: Day) -> Iterable[Row]:
    given = [each for each in day if each.command is not None]
    for (chat, name), those in _grouped(given, SENT, lambda each: (each.chat, each.command)):
        yield SAMPLE_BOT_ID, chat, name, len(those), _people(those)


def content_mix(day: Day) -> Iterable[Row]:
    for (chat, name), those in _grouped(day, SENT, lambda each: (each.chat, each.content_type)):
        yield SAMPLE_BOT_ID, chat, name, len(those), _people(those)


def reactions(day: Day) -> Iterable[Row]:
    added: Counter[Row] = Counter()
    removed: Counter[Row] = Counter()
    givers: defaultdict[Row, set[int | None]] = defaultdict(set)
    for each in day:
        if each.kind == "message_reaction":
            old, new = (_names(each, name) for name in ("old_reaction", "new_reaction"))
            added.update((each.chat, name) for name in new - old)
            removed.update((each.chat, name) for name in old - new)
            for name in new - old:
                givers[each.chat, name].add(each.person)
    for key in added.keys() | removed.keys():
        yield SAMPLE_BOT_ID, *key, added[key], removed[key], len(givers[key])


def members(day: Day) -> Iterable[Row]:
    """Count membership updates: the sample's bot is an administrator, who gets all of them."""
    joined, left = Counter[int | None](), Counter[int | None]()
    for each in day:
        if each.kind == "chat_member":
            is_in = each.content["new_chat_member"]["status"] == "member"
            (joined if is_in else left)[each.chat] += 1
    for chat in joined.keys() | left.keys():
        yield SAMPLE_BOT_ID, chat, joined[chat], left[chat], joined[chat] - left[chat]


BY_DAY: Final[dict[str, Callable[[Day], Iterable[Row]]]] = {
    each.__name__: each
    for each in (
        *(daily_activity, hourly_activity, user_activity, commands),
        *(content_mix, reactions, members),
    )
}


def _grouped(
    day: Day, kinds: set[str], key: Callable[[Happening], Key]
) -> Iterable[tuple[Key, list[Happening]]]:
    groups: defaultdict[Key, list[Happening]] = defaultdict(list)
    for each in day:
        if each.kind in kinds:
            groups[key(each)].append(each)
    return groups.items()


def _people(those: list[Happening]) -> int:
    return len({each.person for each in those} - {None})


def _names(each: Happening, field: str) -> set[str]:
    return {one.get("emoji") or f"custom:{one['custom_emoji_id']}" for one in each.content[field]}
