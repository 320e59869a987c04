"""Exported messages become lines with their time, their chat, and an id of their own."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_ingest.landing import LandedUpdate, TrustLevel, classify
from lambda_ingest.synthetic.updates import is_synthetic
from tg_pipeline.telegram.export.lines import ExportLines
from tg_pipeline.telegram.export.reader import ExportedPart

CHAT = {"id": -100_123, "type": "supergroup", "title": "Turma é"}
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 10, 7, tzinfo=UTC)


def part(message: dict[str, Any] | bytes) -> ExportedPart:
    if isinstance(message, bytes):
        return ExportedPart(message, is_readable=False, offset=0)
    content = json.dumps(message, separators=(",", ":")).encode()
    return ExportedPart(content, is_readable=True, offset=0)


def lines_of(*messages: dict[str, Any], zone: ZoneInfo = SAO_PAULO) -> list[dict[str, Any] | None]:
    lines = ExportLines(CHAT, zone)
    found = [(each, lines.time_of(each)) for each in map(part, messages)]
    return [json.loads(lines.line(each, time)) if time else None for each, time in found]


def test_a_line_has_the_message_verbatim_its_chat_and_its_time() -> None:
    sent = {"id": 5, "date": "2020-02-03T04:05:06", "date_unixtime": "1580717106", "text": "é"}

    (line,) = lines_of(sent)

    assert line is not None
    assert is_synthetic(line.pop("update_id"))
    assert line == {"exported_message": {"date": 1580717106, "chat": CHAT, "message": sent}}


def test_a_line_lands_on_the_day_of_the_message() -> None:
    lines = ExportLines(CHAT, SAO_PAULO)
    sent = part({"id": 5, "date_unixtime": "1580700000"})
    time = lines.time_of(sent)
    assert time is not None

    landed = classify(
        lines.line(sent, time),
        bot_id=7,
        arrived_at=NOW,
        zone=SAO_PAULO,
        trust=TrustLevel.OPERATOR,
    )

    assert isinstance(landed, LandedUpdate)
    assert (str(landed.day), landed.chat_id, landed.update_type) == (
        "2020-02-03",
        -100_123,
        "exported_message",
    )


def test_the_same_message_has_the_same_id_and_a_changed_one_another() -> None:
    sent = {"id": 5, "date_unixtime": "1580717106", "text": "a"}

    one, again, edited = lines_of(sent, sent, sent | {"text": "b"})

    assert one == again
    assert one is not None
    assert edited is not None
    assert one["update_id"] != edited["update_id"]


@pytest.mark.parametrize(
    ("local", "unix"),
    [
        ("2020-02-03T04:05:06", 1580713506),
        ("2018-02-17T23:30:00", 1518917400),  # occurs twice: clocks are set back at midnight
        ("2018-11-04T00:30:00", 1541302200),  # does not occur
        ("2020-02-03T04:05:06Z", 1580702706),
    ],
)
def test_a_local_time_is_that_of_the_zone_and_says_so(local: str, unix: int) -> None:
    (line,) = lines_of({"id": 5, "date": local})

    assert line is not None
    assert line["exported_message"]["date"] == unix
    assert line["exported_message"]["timezone"] == "America/Sao_Paulo"


def test_a_message_without_a_date_has_that_of_the_one_before() -> None:
    unsupported = {"id": 6, "type": "unsupported"}

    first, dated, carried = lines_of(
        unsupported, {"id": 5, "date_unixtime": "1580717106"}, unsupported
    )

    assert first is None
    assert dated is not None
    assert carried is not None
    assert carried["exported_message"]["date"] == 1580717106


@pytest.mark.parametrize("second", ["", "-5", "0", "1e9", "٣", "9" * 30, None, [], 1.5, True])
def test_an_impossible_time_is_none(second: Any) -> None:
    assert lines_of({"id": 5, "date_unixtime": second, "date": "0000"}) == [None]


def test_what_cannot_be_read_is_rejected_with_its_chat() -> None:
    lines = ExportLines(CHAT, SAO_PAULO)
    broken = part(b'{"id":5,"document_id":a (2).webm}')

    assert lines.time_of(broken) is None
    rejected = classify(
        lines.unreadable_line(broken),
        bot_id=7,
        arrived_at=NOW,
        zone=SAO_PAULO,
        trust=TrustLevel.OPERATOR,
    )
    assert not isinstance(rejected, LandedUpdate)
    assert "not JSON" in rejected.reason
