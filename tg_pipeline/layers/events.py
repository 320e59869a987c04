"""The columns of callbacks, polls and all other updates that are no message."""

from tg_pipeline.layers.enriched_columns import EnrichedUpdate
from tg_pipeline.layers.messages import fill_chat, fill_user, microseconds
from tg_pipeline.telegram.anatomy import CallbackQuery, Event, Member, Reaction


def fill_callback(row: EnrichedUpdate, callback: CallbackQuery) -> None:
    """Fill the columns of a press on a button; the message is the one the button hangs on."""
    fill_user(row, callback.from_user)
    row.callback_data = callback.data
    if callback.message:
        row.message_id = callback.message.message_id
        row.message_thread_id = callback.message.message_thread_id
        fill_chat(row, callback.message.chat)


def fill_event(row: EnrichedUpdate, event: Event, *, edited: bool) -> None:
    """Fill the columns of any other update, of a known type or an unknown one."""
    fill_user(row, event.from_user or event.user)
    fill_chat(row, event.chat)
    actor = event.actor_chat or event.voter_chat
    row.sender_chat_id = actor.id if actor else None
    row.date = event.date
    row.edit_date = event.edit_date
    row.event_at = microseconds(event.edit_date if edited else event.date)
    row.message_id = event.message_id
    row.message_thread_id = event.message_thread_id
    row.query = event.query
    row.poll_id = event.poll_id
    row.currency = event.currency
    row.total_amount = event.total_amount
    _fill_reactions(row, event)
    _fill_member(row, event.old_chat_member, event.new_chat_member)


def reaction_name(reaction: Reaction) -> str | None:
    """Give a reaction in one word: the emoji, `custom:<id>`, or the type where that is all."""
    if reaction.type == "custom_emoji":
        return f"custom:{reaction.custom_emoji_id}"
    return reaction.emoji or reaction.type


def _fill_reactions(row: EnrichedUpdate, event: Event) -> None:
    if event.old_reaction is None and event.new_reaction is None:
        return
    old, new = _names(event.old_reaction), _names(event.new_reaction)
    row.reactions_added = [name for name in new if name not in old]
    row.reactions_removed = [name for name in old if name not in new]


def _names(reactions: list[Reaction] | None) -> list[str]:
    names = (reaction_name(reaction) for reaction in reactions or [])
    return [name for name in names if name]


def _fill_member(row: EnrichedUpdate, old: Member | None, new: Member | None) -> None:
    row.member_old_status = old.status if old else None
    if new:
        row.member_new_status = new.status
        row.member_user_id = new.user.id if new.user else None
