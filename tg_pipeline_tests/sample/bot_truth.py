"""What happened between people and the bot of a sample, by question and by person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tg_pipeline.sample import SampleDelivery
from tg_pipeline.sample.facts import (
    Asked,
    Blocked,
    Fact,
    Refused,
    Replied,
    ReplyKind,
    Started,
    Thanked,
    Unblocked,
)

Place = tuple[int, int]
"""The ids of a chat and of a message."""


@dataclass
class BotTruth:
    """The facts of a sample."""

    questions: dict[Place, Asked] = field(default_factory=dict)
    """The questions that people asked the bot in private."""
    small_talk: set[Place] = field(default_factory=set)
    """What people wrote the bot in private that asks for nothing."""
    replies: dict[Place, Replied] = field(default_factory=dict)
    """The bot's replies, by the question or command, in private chats and groups."""
    first_sources: dict[int, str | None] = field(default_factory=dict)
    """The source of each person's first `/start`."""
    starts: int = 0
    blocks: list[Blocked | Unblocked] = field(default_factory=list)
    """In order."""
    refused: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """The number of failed calls by error code."""

    def outcome(self, place: Place) -> ReplyKind | None:
        """Return how the bot replied to a question; None if it did not."""
        return self.replies[place].kind if place in self.replies else None

    @property
    def asked_again(self) -> set[Place]:
        """The questions that people asked again."""
        return {(each.chat_id, each.repeats) for each in self.questions.values() if each.repeats}


def bot_truth(month: Iterable[SampleDelivery]) -> BotTruth:
    """Return the facts that the deliveries of a sample are annotated with."""
    truth = BotTruth()
    for delivery in month:
        for fact in delivery.facts:
            _add(truth, fact)
    return truth


def _add(truth: BotTruth, fact: Fact) -> None:
    match fact:
        case Asked(chat_id, message_id):
            truth.questions[chat_id, message_id] = fact
        case Thanked(chat_id, message_id):
            truth.small_talk.add((chat_id, message_id))
        case Replied(chat_id, message_id):
            truth.replies[chat_id, message_id] = fact
        case Started(user_id, source):
            truth.first_sources.setdefault(user_id, source)
            truth.starts += 1
        case Blocked() | Unblocked():
            truth.blocks.append(fact)
        case Refused(_, error_code):
            truth.refused[error_code] += 1
