"""What the settings say of the digest, once all of it is set."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_ingest.settings import Secret
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestKind
from tg_pipeline.settings import Settings

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApiClient


@dataclass(frozen=True, slots=True)
class Plan:
    """Which digest goes where."""

    kind: DigestKind
    chat: str
    fmt: Formatter
    token: Secret
    api_url: str

    @classmethod
    def of(cls, settings: Settings) -> "Plan | None":
        """Give the plan; None unless there are a token, a chat, and the wish for a digest."""
        admin = settings.admin
        if settings.token is None or admin.chat_id is None or admin.digest is None:
            return None
        fmt = Formatter(admin.language)
        return cls(DigestKind(admin.digest), admin.chat_id, fmt, settings.token, settings.api_url)

    def open_api(self) -> "BotApiClient":
        """Give the bot's calls; raises TokenRefusedError where the token can be none."""
        # Its HTTP library takes 0.1 s to import: only a run that sends something waits for it.
        from tg_pipeline.telegram.client import BotApiClient  # noqa: PLC0415

        return BotApiClient(self.token, self.api_url)
