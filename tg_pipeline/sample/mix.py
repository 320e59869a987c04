"""What begins when nothing is due: the everyday in its shares, the rare in its turn."""

from typing import Final

from tg_pipeline.sample import (
    business,
    callbacks,
    channel,
    conversation,
    forwards,
    marked,
    media,
    payments,
    polls,
    queries,
    rare,
    service,
)
from tg_pipeline.sample.scene import Act, Happening, Scene

_SHARES: Final[tuple[tuple[Act, int], ...]] = (
    (conversation.ask, 300),
    (conversation.ask_in_topic, 70),
    (conversation.chat, 290),
    (marked.command, 60),
    (marked.private_command, 25),
    (marked.tag, 60),
    (media.show, 95),
    (media.show_album, 8),
    (forwards.forward, 18),
    (forwards.send_via_bot, 8),
    (forwards.speak_as_group, 8),
    (forwards.speak_as_channel, 3),
    (callbacks.press_feedback, 15),
    (queries.query, 18),
    (channel.post, 8),
    (service.join, 8),
    (polls.start_poll, 2),
)
EVERYDAY: Final = tuple(act for act, share in _SHARES for _ in range(share))
"""The beginnings of every day, each as often as its share."""

RARITIES: Final[tuple[Act, ...]] = (
    rare.correct_in_private,
    channel.whole_post,
    service.request_to_join,
    polls.start_poll,
    rare.please,
    queries.query_and_choose,
    callbacks.press_old,
    service.block_bot,
    payments.buy,
    business.connect,
    rare.call_as_guest,
    rare.boost,
    rare.manage_bot,
    payments.change_subscription,
    rare.write_richly,
    service.open_topic,
)
"""Beginnings that together bring every type of update."""

LEAST_PACE: Final = 10
TURNS_A_DAY: Final = 25
"""The first round takes 16 turns: well within the first day, and within the first 200 updates of
a sample that has fewer a day."""

LATER_TURNS: Final = 9
"""After the first round only every ninth turn is taken; 9 and 16 share no factor."""


def pace(per_day: int) -> int:
    """Count the updates from one turn of the rare to the next."""
    return max(LEAST_PACE, per_day // TURNS_A_DAY)


def rarity(number: int, pace_of_turns: int) -> Act | None:
    """Give the rare thing that begins with the update of that number, counted from 0."""
    turn, rest = divmod(number, pace_of_turns)
    if rest or (turn >= len(RARITIES) and turn % LATER_TURNS):
        return None
    return RARITIES[turn if turn < len(RARITIES) else turn // LATER_TURNS % len(RARITIES)]


def begin(scene: Scene) -> Happening:
    """Something of every day begins."""
    happening: Happening | None = None
    while happening is None:
        happening = scene.chance.pick(EVERYDAY)(scene)
    return happening
