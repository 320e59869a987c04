"""Replies: what a bot that updates are forwarded to answers in its webhook response.

Telegram executes a response that has a `method`, as if the bot had called it, and does not tell the
outcome. A reply lands as a line of a call; see `bot_calls`.
https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

from datetime import datetime, time, tzinfo
from typing import Any, Final

from lambda_ingest.landing import LandedUpdate
from lambda_ingest.synthetic.bot_calls import BotCall, CallSource, bot_call_lines
from lambda_ingest.synthetic.bot_methods import canonical_name
from lambda_ingest.synthetic.call_params import (
    FORM,
    MULTIPART,
    read_body,
    recordable,
    without_secrets,
)
from lambda_ingest.web.http_events import HttpResponse

REPLIES_PREFIX: Final = "replies"
"""The folder of the landing zone in which earlier versions stored replies."""

_SECONDS_OF_ANY_DAY: Final = 22 * 3600
"""Below the shortest day: one that begins daylight saving time."""


def read_reply(response: HttpResponse) -> dict[str, Any] | None:
    """Return the call in a bot's response: `method` and the parameters; None if there is none."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    content_type = headers.get("content-type", "")
    is_form = content_type.partition(";")[0].strip().lower() in {FORM, MULTIPART}
    # Telegram takes anything else for JSON, as far as it is that.
    fields = read_body(content_type if is_form else "", response.body)
    return fields if isinstance(fields.get("method"), str) else None


def reply_line(
    reply: dict[str, Any], update: LandedUpdate, *, bot_id: int, zone: tzinfo, called_at: datetime
) -> bytes:
    """Return the line of a reply to an update; `called_at` is aware.

    Its id depends on the update alone, and on its day: so of several replies to an update that is
    sent again, one counts.
    """
    method = canonical_name(reply["method"])
    params = {name: value for name, value in reply.items() if name != "method"}
    event_at = None if update.implausible_date else update.event_at
    # An update without a date of its own belongs to the day of its arrival, which is another time
    # whenever it is sent again.
    of_day = int(datetime.combine(update.day, time.min, zone).timestamp())
    spread = update.update_id % _SECONDS_OF_ANY_DAY
    of_id = int(event_at.timestamp()) if event_at else of_day + spread
    call = BotCall(
        method=method,
        params=without_secrets(recordable(method, params), ()),
        source=CallSource.WEBHOOK_REPLY,
        called_at=called_at,
        identity=b"%d:%d" % (bot_id, update.update_id),
        answers_update_id=update.update_id,
        second=int((event_at or called_at).timestamp()),
        second_of_id=of_id,
    )
    (line,) = bot_call_lines(call)
    return line
