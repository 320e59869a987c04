"""The expected figures of people: messages, edits, activities and members, by plain loops."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from tg_pipeline_tests.marts.reference.happenings import EDITED, SENT, Happening

ACTIVE: Final = {
    *("message", "business_message", "guest_message", "message_reaction", "callback_query"),
    *("poll_answer", "inline_query", "chosen_inline_result", "shipping_query"),
    *("pre_checkout_query", "purchased_paid_media"),
}
IN_A_CHAT: Final = {"creator", "administrator", "member"}
MINUTES: Final = timedelta(minutes=5)

Key = tuple[Any, ...]


def person(each: Happening) -> int | None:
    """Return who acted in their own name; in the sample, 777000 always has a sender_chat."""
    content = each.content
    if {"sender_chat", "actor_chat", "voter_chat", "sender_business_bot"}.intersection(content):
        return None
    user = content.get("from") or content.get("user") or {}
    return None if user.get("is_bot") else user.get("id")


def is_written(each: Happening) -> bool:
    is_forward = each.content.get("is_automatic_forward")
    return each.kind in SENT and not each.is_event and not is_forward


def chat_of(each: Happening) -> int | None:
    holder = each.content.get("message") if each.kind == "callback_query" else each.content
    found: int | None = (holder or {}).get("chat", {}).get("id")
    return found


def messages_by_chat(month: Iterable[Happening]) -> Counter[Key]:
    """Return the written messages by day and chat."""
    return Counter((each.at.date(), chat_of(each)) for each in month if is_written(each))


def actions(month: Iterable[Happening]) -> Counter[Key]:
    """Return the activities of people by day, chat and person."""
    active = (
        each
        for each in month
        if each.kind in ACTIVE
        and (each.kind not in SENT or is_written(each))
        and not each.content.get("is_from_offline")
    )
    keys = ((each.at.date(), chat_of(each), person(each)) for each in active)
    return Counter(key for key in keys if key[2])


def edits(month: Iterable[Happening]) -> Counter[Key]:
    """Return the changes of contents by day and chat."""
    versions = defaultdict(list)
    for each in month:
        if each.kind in SENT | EDITED and "live_period" not in each.content.get("location", {}):
            kind, connection = each.kind.removeprefix("edited_"), "business_connection_id"
            place = kind, each.content.get(connection), each.chat, each.content["message_id"]
            versions[place].append(each)
    found: Counter[Key] = Counter()
    for those in versions.values():
        those.sort(key=lambda each: (each.at, each.update_id))
        for before, each in zip([None, *those], those, strict=False):
            if each.kind in EDITED and (before is None or _differ(before, each)):
                found[each.at.date(), each.chat] += 1
    return found


def _differ(before: Happening, each: Happening) -> bool:
    told = [
        {name: value for name, value in version.content.items() if name != "edit_date"}
        for version in (before, each)
    ]
    return told[0] != told[1] or each.at.date() - before.at.date() > timedelta(days=2)


def joins_and_leaves(month: Iterable[Happening]) -> dict[tuple[date, int], list[int]]:
    """Return the changes of membership by day and chat; what is told in two ways counts once."""
    happened = list(month)
    updates = [told for each in happened for told in _updated(each)]
    counted = [each for each, *_ in updates]
    for announcement in happened:
        for change in _announced(announcement):
            same = (told for told in updates if told[1:] == change)
            near = (told for told in same if abs(told[0].at - announcement.at) <= MINUTES)
            if found := next(near, None):
                updates.remove(found)
            else:
                counted.append(announcement)
    totals: dict[tuple[date, int], list[int]] = defaultdict(lambda: [0, 0])
    for each in counted:
        totals[each.at.date(), each.chat][0 if _sign(each) > 0 else 1] += 1
    return dict(totals)


def _sign(each: Happening) -> int:
    if each.kind == "chat_member":
        return 1 if _is_in(each.content["new_chat_member"]) else -1
    return 1 if "new_chat_members" in each.content else -1


def _is_in(member: dict[str, Any]) -> bool:
    return member["status"] in IN_A_CHAT or bool(member.get("is_member"))


def _updated(each: Happening) -> Iterator[tuple[Happening, int, int, int]]:
    if each.kind == "chat_member":
        old, new = each.content["old_chat_member"], each.content["new_chat_member"]
        if _is_in(old) != _is_in(new) and not new["user"]["is_bot"]:
            yield each, each.chat, new["user"]["id"], _sign(each)


def _announced(each: Happening) -> Iterator[tuple[int, int, int]]:
    if each.kind == "message":
        left = each.content.get("left_chat_member")
        for user in each.content.get("new_chat_members", [left] if left else []):
            if not user["is_bot"]:
                yield each.chat, user["id"], _sign(each)
