"""Any bytes at the landing contract: they land or are rejected, and nothing is lost on the way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lambda_ingest.landing import (
    LandedUpdate,
    RejectedBody,
    TrustLevel,
    classify,
    event_time,
    parse_update,
    reason_only,
    unwrap_rejected,
)
from lambda_ingest.privacy.minimization import DROPPABLE, Minimization
from lambda_ingest.privacy.suppression import (
    Identity,
    Tombstones,
    identity_digest,
    mentions_person,
    suppress,
)
from lambda_ingest.settings import Secret
from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline.telegram.decoding import read_envelope

BOT: Final = 7
ZONES: Final = (ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu"))
CLOCKS: Final = tuple(datetime(year, 10, 7, 15, tzinfo=UTC) for year in (1970, 2015, 2026, 2035))
MARGINS: Final = tuple(timedelta(seconds=second) for second in (0, 86_400, -86_400, 7 * 86_400))
"""How long after its event time an update arrives, if that is trusted."""

MINIMIZATIONS: Final = (
    Minimization(DROPPABLE),
    Minimization(drops_text=True),
    Minimization(DROPPABLE, drops_text=True),
)

KEY: Final = Secret("the key of the tombstones")
FORGOTTEN: Final = Tombstones(
    KEY,
    frozenset(
        identity_digest(KEY, identity, value)
        for identity, value in [
            (Identity.USER, "5"),
            (Identity.USERNAME, "ana"),
            (Identity.NAME, "Ana"),
            (Identity.POLL, "7"),
        ]
    ),
)
"""A person that many of the seeds name."""


def check(data: bytes) -> None:
    """Check what the landing contract guarantees for any body."""
    for trust in TrustLevel:
        for clock in CLOCKS:
            for zone in ZONES:
                result = classify(data, bot_id=BOT, arrived_at=clock, zone=zone, trust=trust)
                _check_shape(data, result, clock.astimezone(zone))
    result = classify(
        data, bot_id=BOT, arrived_at=CLOCKS[2], zone=ZONES[0], trust=TrustLevel.NETWORK
    )
    if isinstance(result, RejectedBody):
        mentions_person(data, FORGOTTEN)
        suppress(data, FORGOTTEN)
        assert json.loads(reason_only(result).body) == {"reason": result.reason}
    else:
        _check_update(data, result)


def _check_shape(data: bytes, result: LandedUpdate | RejectedBody, arrived_at: datetime) -> None:
    folder, _, name = result.key.rpartition("/")
    if isinstance(result, LandedUpdate):
        assert folder == f"telegram/context_date={result.day.isoformat()}"
        assert name == f"{BOT}-{result.update_id}.json"
        assert 0 <= result.update_id < 2**63
        assert result.body == data
        return
    assert folder == f"rejected/context_date={arrived_at.date().isoformat()}"
    assert unwrap_rejected(result.body) == data
    assert json.loads(result.body)["reason"] == result.reason
    assert result.reason.startswith("The body ")
    assert result.reason.endswith(".")


def _check_update(data: bytes, landed: LandedUpdate) -> None:
    update = parse_update(data)
    _check_agreement(data, landed)
    _check_key(data, event_time(update))
    left = [minimization.apply(data) for minimization in MINIMIZATIONS]
    for minimization, minimized in zip(MINIMIZATIONS, left, strict=True):
        assert minimization.apply(minimized) == minimized
    suppressed = suppress(data, FORGOTTEN)
    if suppressed is not None:
        assert suppress(suppressed, FORGOTTEN) == suppressed
        left.append(suppressed)
    # The type of any other name or number of contents may be what is removed.
    if set(update) == {"update_id", landed.update_type} and landed.update_type in UPDATE_FIELDS:
        for each in left:
            _check_same_place(each, landed)


def _check_agreement(data: bytes, landed: LandedUpdate) -> None:
    """Check that the layers read every update that ingestion accepts, as the same type."""
    envelope = read_envelope(data)
    assert envelope.update_id == landed.update_id
    assert (envelope.update_type or "") == _as_utf_8(landed.update_type)


def _check_key(data: bytes, second: int | None) -> None:
    """Check that the key does not depend on when and how an update arrives, nor on its spaces."""
    if second is None or second < CLOCKS[1].timestamp() or second > CLOCKS[3].timestamp():
        return
    happened = datetime.fromtimestamp(second, UTC)
    keys = {
        classify(body, bot_id=BOT, arrived_at=happened + margin, zone=ZONES[0], trust=trust).key
        for body in (data, b" " + data + b"\n")
        for margin in MARGINS
        for trust in TrustLevel
    }
    assert keys == {f"telegram/context_date={happened.astimezone(ZONES[0]).date()}/{_name(data)}"}


def _name(data: bytes) -> str:
    return f"{BOT}-{parse_update(data)['update_id']}.json"


def _check_same_place(body: bytes, landed: LandedUpdate) -> None:
    """Check that what is left of an update has the key, the type and the chat of the whole."""
    left = classify(body, bot_id=BOT, arrived_at=CLOCKS[2], zone=ZONES[0], trust=TrustLevel.NETWORK)
    assert isinstance(left, LandedUpdate)
    assert (left.key, left.update_type) == (landed.key, landed.update_type)


def _as_utf_8(text: str) -> str:
    """Return a text with its lone surrogates replaced, as a table stores it."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
