"""The expected answers, found by reading the messages after each question."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tg_pipeline_tests.marts.reference.happenings import monday
from tg_pipeline_tests.marts.reference.messages import Message

HOUR: Final = timedelta(hours=1)
TEN_MINUTES: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)


@dataclass
class Thread:
    question: Message
    answer: Message | None = None
    through: str | None = None
    is_followed: bool = False

    @property
    def week(self) -> date:
        return monday(self.question.sent_at.astimezone(self.question.last.at.tzinfo).date())

    @property
    def is_visible(self) -> bool:
        private = self.question.last.content["chat"]["type"] == "private"
        return self.question.kind == "business_message" or (
            self.question.kind == "message" and not private
        )

    @property
    def seconds(self) -> float | None:
        if self.answer is None:
            return None
        return (self.answer.sent_at - self.question.sent_at).total_seconds()

    @property
    def outcome(self) -> str:
        if not self.is_visible:
            return "unseen"
        if self.answer:
            return "answered"
        return "unknown" if self.is_followed else "unanswered"


Questions = set[tuple[int, int, datetime]]
"""The questions' chats, messages and times."""


def threads(said: list[Message], questions: Questions) -> list[Thread]:
    spoken = [each for each in said if not each.is_event]
    found = []
    for place, question in enumerate(spoken):
        if _key(question) in questions:
            thread = Thread(question)
            _find_answer(thread, spoken, place, questions)
            found.append(thread)
    return found


def _find_answer(thread: Thread, spoken: list[Message], place: int, questions: Questions) -> None:
    question = thread.question
    later = [m for m in spoken[place + 1 :] if m.place == question.place]
    others = [m for m in later if m.speaker != question.speaker]
    possible = [m for m in others if "sticker" not in m.last.content]
    statements = [m for m in possible if not m.last.is_command and _key(m) not in questions]
    thread.is_followed = any(m.sent_at - question.sent_at <= DAY for m in statements)
    replies = sorted(
        (m for m in possible if _replies_to(m, question)),
        key=lambda m: (_key(m) in questions, m.sent_at, m.message_id),
    )
    asker = question.last.content["from"]
    names = {asker["id"], asker.get("username", "").lower()}
    mentions = (
        m
        for m in possible
        if m.names & names and not m.last.is_command and m.sent_at - question.sent_at <= HOUR
    )
    soon = [m for m in others if m.sent_at - question.sent_at <= TEN_MINUTES]
    is_alone = len({m.speaker for m in soon}) == 1
    remarks = (
        m
        for m in statements
        if is_alone and m in soon and not m.names and _is_for(m, asker["id"], questions)
    )
    found = {
        "reply": next(iter(replies), None),
        "mention": next(mentions, None),
        "only_other": next(remarks, None),
    }
    if thread.is_visible:
        evidence = ((through, answer) for through, answer in found.items() if answer)
        thread.through, thread.answer = next(evidence, (None, None))


def _replies_to(message: Message, question: Message) -> bool:
    return (message.reply_to, message.chat_then) == (question.message_id, question.chat_then)


def _is_for(message: Message, asker: int, questions: Questions) -> bool:
    """Return whether a message replies to nobody, or to the asker but not to a question."""
    replied_to = message.last.content.get("reply_to_message", {})
    return message.reply_to is None or (
        replied_to.get("from", {}).get("id") == asker
        and (message.chat, message.reply_to) not in {(chat, each) for chat, each, _ in questions}
    )


def _key(message: Message) -> tuple[int, int, datetime]:
    return message.chat, message.message_id, message.sent_at
