"""The body that a webhook is sent."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tg_pipeline.builds.monitoring.alerts import FailedRun, alert_body

FAILED = FailedRun(
    run_id="b4bb",
    job="updates_job",
    days=("2026-10-09",),
    failed_at=datetime(2026, 10, 10, 3, tzinfo=UTC),
    reason="the disk is full",
)
TEXT = "updates_job of 2026-10-09 failed\nthe disk is full\n2026-10-10 00:00 · run b4bb"
ZONE = ZoneInfo("America/Sao_Paulo")


def test_a_run_without_a_history_is_named_by_its_time_alone() -> None:
    alert = alert_body(replace(FAILED, run_id=""), ZONE, "chat.googleapis.com", "en")

    assert alert == {"text": TEXT.removesuffix(" · run b4bb")}


def test_google_chat_is_sent_its_only_key() -> None:
    assert alert_body(FAILED, ZONE, "chat.googleapis.com", "en") == {"text": TEXT}


def test_other_hosts_are_sent_fields_for_programs_too() -> None:
    assert alert_body(FAILED, ZONE, "hooks.example", "en") == {
        "text": TEXT,
        "content": TEXT,
        "job": "updates_job",
        "days": "2026-10-09",
        "run_id": "b4bb",
        "failed_at": "2026-10-10T03:00:00+00:00",
        "reason": "the disk is full",
    }


def test_the_text_is_in_the_language_of_the_operator_and_the_fields_are_not() -> None:
    range_of_days = replace(FAILED, days=("2026-10-09", "2026-10-11"), reason="")

    alert = alert_body(range_of_days, ZONE, "hooks.example", "pt")

    assert alert["text"].splitlines() == [
        "Falha em updates_job de 2026-10-09 a 2026-10-11",
        "O Dagster não registrou o motivo: abra a execução.",
        "2026-10-10 00:00 · execução b4bb",
    ]
    assert alert["days"] == "2026-10-09 to 2026-10-11"
