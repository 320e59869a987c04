"""The expected answers, found by reading the messages after each question."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tg_pipeline_tests.marts.reference.happenings import monday
from tg_pipeline_tests.marts.reference.messages import Message

HOUR: Final = timedelta(hours=1)


@dataclass
class Thread:
    question: Message
    answer: Message | None = None
    through: str | None = None

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
    later = spoken[place + 1 :]
    others = [m for m in later if m.place == question.place and m.speaker != question.speaker]
    replies = (
        m for m in others if m.reply_to == question.message_id and m.chat_then == question.chat_then
    )
    free = (m for m in others if m.reply_to is None and not m.last.is_command)
    unasking = (m for m in free if _key(m) not in questions)
    reply, following = next(replies, None), next(unasking, None)
    if reply:
        thread.answer, thread.through = reply, "reply"
    elif following and following.sent_at - question.sent_at <= HOUR:
        thread.answer, thread.through = following, "next"


def _key(message: Message) -> tuple[int, int, datetime]:
    return message.chat, message.message_id, message.sent_at
