"""The daily marts about the bot itself: its calls, who blocks it, and its buttons."""

from typing import Final

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import string
from tg_pipeline.marts.mart import (
    ConservationRule,
    Mart,
    TableGrain,
    count,
    each_day,
    kind,
    number,
    plain_id,
)

BOT_ITSELF: Final = {"bot_id": plain_id("The bot.")}

BOT_CALLS: Final = Mart(
    name="bot_calls",
    description="What the bot calls, how often that fails, and how long Telegram takes.",
    limitations="Calls that were not recorded. What became of a reply in the body of the bot's "
    "response to a webhook: Telegram does not tell it. A call whose message Telegram also sent as "
    "an update is counted there only.",
    columns={
        **BOT_ITSELF,
        "method": kind("The method of the Bot API, such as sendMessage."),
        "source": kind("Where the calls were seen: `proxy`, or `webhook_reply`."),
        "calls": count("Calls; one that sent several messages, as sendMediaGroup does, is one."),
        "messages": count("Messages that they sent, as far as that is known; no edits."),
        "succeeded": count("Of the calls, those that succeeded."),
        "failed": count("Of the calls, those that Telegram refused."),
        "blocked": count("Of the failed ones, because the user has blocked the bot (403)."),
        "rate_limited": count("Of the failed ones, because the bot called too often (429)."),
        "other_errors": count("Of the failed ones, for any other reason."),
        "unknown": count("Of the calls, those whose outcome is not known."),
        "median_ms": number(
            "Milliseconds from the end of the request to the end of the response that half of the "
            "calls took at most; null if not known."
        ),
        "p95_ms": number("The same for 95 of 100 calls."),
        "mean_ms": number("The mean of these milliseconds."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "calls_are_conserved",
        "Calls in enriched_updates = the sum of succeeded, failed and unknown.",
        input_rows=each_day(
            "count(*)", "enriched_updates WHERE origin = 'call' AND coalesce(call_part, 0) = 0"
        ),
        output_rows=each_day("sum(succeeded + failed + unknown)", "bot_calls"),
    ),
)

BLOCKS: Final = Mart(
    name="blocks",
    description="How many people block the bot, and how many take it back.",
    limitations="Blocks from before the data begins, and those on days without updates. The two "
    "last columns overlap, and count different things: who blocked the bot on that day, and whom "
    "it tried to reach in vain, which may be somebody who blocked it long ago.",
    columns={
        **BOT_ITSELF,
        "blocked": count("Times that somebody blocked the bot in a private chat."),
        "unblocked": count("Times that somebody took that back, mostly by pressing Start again."),
        "net": count("blocked - unblocked."),
        "people_blocked": count("Distinct people who blocked it."),
        "people_unreachable": count(
            "Distinct chats that a recorded call failed for because the user has blocked the bot."
        ),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "blocks_are_conserved",
        "Changes to or from kicked in private my_chat_member updates = the sum of blocked and "
        "unblocked.",
        input_rows=each_day(
            "count(*)",
            "enriched_updates WHERE update_type = 'my_chat_member' AND chat_type = 'private' "
            "AND (member_old_status = 'kicked') <> (member_new_status = 'kicked')",
        ),
        output_rows=each_day("sum(blocked + unblocked)", "blocks WHERE blocked + unblocked > 0"),
    ),
)

BUTTONS: Final = Mart(
    name="buttons",
    description="Which buttons below the bot's messages are pressed.",
    limitations="What a button says: Telegram sends its data, which the bot chose. Only the first "
    "part of it is here, since the rest may contain ids. Buttons that open a link send nothing.",
    columns={
        **BOT_ITSELF,
        "button": string(
            "The beginning of the button's data, up to the first `:` or other separator, digit or "
            "space, and at most 32 characters; empty if it begins with one, null for a button "
            "without data, such as that of a game."
        ),
        "presses": count("How often it was pressed."),
        "users": count("Distinct people who pressed it."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "presses_are_conserved",
        "Presses of buttons in enriched_updates = the sum of presses.",
        input_rows=each_day("count(*)", "enriched_updates WHERE update_type = 'callback_query'"),
        output_rows=each_day("sum(presses)", "buttons"),
    ),
)
