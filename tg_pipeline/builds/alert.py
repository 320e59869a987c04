"""What is said of a run that failed: in a chat, and to whatever listens at a URL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tg_pipeline.telegram.messages import Lines, bold, code, plain, to_plain

LONGEST_REASON: Final = 600
"""Characters: who wants to know more opens the run."""

GOOGLE_CHAT: Final = "chat.googleapis.com"

NOT_TOLD: Final = "It does not say why: open the run."


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed, and is not tried again by itself."""

    run_id: str
    job: str
    what: str
    """The days that it was to build; empty for a job without days."""
    failed_at: datetime
    """Aware."""
    reason: str
    """Why, in one line without secrets; empty where nobody knows."""

    def __str__(self) -> str:
        """Say which run it is."""
        return f"{self.job} of {self.what}" if self.what else self.job


def alert_text(failed: FailedRun, zone: ZoneInfo) -> Lines:
    """Give the alert as a message to a chat, by the clocks of `zone`."""
    return [
        (bold(f"{failed} failed"),),
        (code(_reason(failed)),),
        (plain(f"{failed.failed_at.astimezone(zone):%Y-%m-%d %H:%M} · run "), code(failed.run_id)),
    ]


def alert_body(failed: FailedRun, zone: ZoneInfo, host: str) -> dict[str, str]:
    """Give the alert as a JSON object for a webhook of `host`.

    `text` is what Slack, Mattermost and Google Chat show, `content` what Discord does:
    https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
    https://discord.com/developers/docs/resources/webhook#execute-webhook

    Google Chat answers 400 to any key that a message of its own has not:
    https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages,
    https://github.com/pydantic/logfire/issues/1540
    """
    text = to_plain(alert_text(failed, zone))
    return {"text": text} if host == GOOGLE_CHAT else {"text": text} | _fields(failed, text)


def _fields(failed: FailedRun, text: str) -> dict[str, str]:
    return {
        "content": text,
        "job": failed.job,
        "days": failed.what,
        "run_id": failed.run_id,
        "failed_at": failed.failed_at.isoformat(),
        "reason": _reason(failed),
    }


def _reason(failed: FailedRun) -> str:
    if len(failed.reason) > LONGEST_REASON:
        return f"{failed.reason[: LONGEST_REASON - 1]}…"
    return failed.reason or NOT_TOLD
