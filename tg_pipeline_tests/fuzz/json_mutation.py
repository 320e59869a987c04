"""Mutations of JSON that keep it JSON: random bytes would rarely get past the parser."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline.telegram.fields import documented_fields

SCALARS: Final = (
    *(None, True, False, 0, 1, -1, 5, 1.5, 5.0, 1e300, -0.0, 2**31, 2**53 + 1, 2**63 - 1, 2**63),
    *(-(2**63), 10**30, 1_791_378_000, 1_791_378_000.0, 253_402_300_799, 253_402_300_800),
    *("", " ", "a", "5", "/start@bot x", "😀", "\ud83d", "\0", "\n", "supergroup", "custom_emoji"),
    *(2**62, "user5", "channel5", "webhook_reply", "editMessageText"),
    *("restricted", "member", "bot_command", "hashtag", "mention", "text_mention", "@ana"),
)

NAMES: Final = sorted(
    {"update_id", *UPDATE_FIELDS}.union(*(documented_fields(each) or () for each in UPDATE_FIELDS))
    | set(
        """
        id is_bot first_name username type title text offset length user url blocks items cells
        summary caption credit question options explanation file_unique_id file_size mime_type
        duration status is_member emoji custom_emoji_id source boost topic_id live_period
        method params called_at_ms error_code description parameters retry_after ms part source
        answers_update_id message from_id action actor_id edited_unixtime reactions count href
        ok result detail bucket object key name time source body headers isBase64Encoded Records
        """.split()
    )
)
"""Fields of updates, of their parts, and of events."""

MAX_NODES: Final = 2_000


def mutate(text: bytes, seed: int) -> bytes | None:
    """Return another JSON text, the same for the same seed; None if the text is not JSON."""
    random = Random(seed)  # noqa: S311 - no secret
    lines = text.split(b"\n")
    chosen = random.randrange(len(lines))
    try:
        root = [json.loads(lines[chosen].decode("utf-8", "surrogatepass"))]
    except (ValueError, RecursionError):
        return None
    for _ in range(random.choice((1, 1, 2, 4))):
        places = list(_places(root))[:MAX_NODES]
        _change(*random.choice(places), places, random)
    ascii_only, spaced = random.random() < 0.5, random.random() < 0.1
    changed = json.dumps(root[0], ensure_ascii=ascii_only, indent="\t" if spaced else None)
    if random.random() < 0.1:
        lines.append(changed.replace("\n", " ").encode("utf-8", "surrogatepass"))
    else:
        lines[chosen] = changed.replace("\n", " ").encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container with each of its keys."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _change(holder: Any, key: Any, places: list[tuple[Any, Any]], random: Random) -> None:
    value = holder[key]
    match random.randrange(7):
        case 0 if isinstance(holder, dict):
            holder[random.choice(NAMES)] = holder.pop(key)
        case 1 if len(holder) > 1:
            del holder[key]
        case 2:
            other, at = random.choice(places)
            holder[key] = json.loads(json.dumps(other[at]))
        case 3 if isinstance(value, dict):
            value[random.choice(NAMES)] = random.choice((*SCALARS, {}, [], [{}], {"id": 5}))
        case 4 if isinstance(value, list):
            value.append(value[-1] if value else random.choice(SCALARS))
        case 5 if isinstance(value, int) and not isinstance(value, bool):
            holder[key] = value + random.choice((-1, 1, 2**31, -value * 2))
        case 6:
            holder[key] = random.choice(([value], {"id": value}, [], {}))
        case _:
            holder[key] = random.choice(SCALARS)
