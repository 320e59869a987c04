"""What a message brings about by itself: it is corrected, and others react to it."""

from functools import partial
from typing import Final

from tg_pipeline.sample.chats import Room
from tg_pipeline.sample.people import CROWD, Payload
from tg_pipeline.sample.phrases import EDIT_TAILS
from tg_pipeline.sample.scene import Happening, Scene

EDITED: Final = 0.035
REACTED: Final = 0.06
TAKEN_BACK: Final = 0.2
"""Shares of the messages that are corrected, of those reacted to, of the reactions removed."""

EMOJI: Final = ("👍", "👍", "❤", "🔥", "👏", "😁", "🤔", "🎉", "🙏")
CUSTOM_EMOJI: Final = ("5368324170671202286", "5377305978079288312")


def remark(scene: Scene, room: Room, message: Payload) -> Happening:
    """Deliver the message, and let it be edited or reacted to in the minutes after."""
    if scene.chance.happens(EDITED):
        scene.later(5, 240, partial(edit, room=room, message=message))
    if scene.chance.happens(REACTED):
        reactor = scene.chance.pick(CROWD).user
        scene.later(3, 1800, partial(react, room=room, message=message, reactor=reactor))
    return Happening("message", message)


def edit(scene: Scene, room: Room, message: Payload) -> Happening | None:
    """Correct a text by adding to its end, so that its entities stay where they are."""
    if room.successor or "text" not in message:
        return None
    edited = message | {"edit_date": scene.second}
    edited["text"] = message["text"] + scene.chance.pick(EDIT_TAILS)
    return Happening("edited_message", edited)


def react(scene: Scene, room: Room, message: Payload, reactor: Payload) -> Happening | None:
    """Someone reacts to the message, and now and then takes it back."""
    if room.successor:
        return None
    reaction: Payload = {"type": "emoji", "emoji": scene.chance.pick(EMOJI)}
    if reactor.get("is_premium") and scene.chance.happens(0.3):
        reaction = {"type": "custom_emoji", "custom_emoji_id": scene.chance.pick(CUSTOM_EMOJI)}
    target = {"chat": room.chat, "message_id": message["message_id"], "user": reactor}
    if scene.chance.happens(TAKEN_BACK):
        scene.later(4, 90, partial(take_back, room=room, target=target, reaction=reaction))
    change = {"date": scene.second, "old_reaction": [], "new_reaction": [reaction]}
    return Happening("message_reaction", target | change)


def take_back(scene: Scene, room: Room, target: Payload, reaction: Payload) -> Happening | None:
    """Remove the reaction."""
    if room.successor:
        return None
    change = {"date": scene.second, "old_reaction": [reaction], "new_reaction": []}
    return Happening("message_reaction", target | change)
