"""Two weeks of a bot that answers questions in private chats, with its calls recorded."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from tg_pipeline_tests.marts.bot.bot_lines import BLOCKED, TOO_MANY, call, replied_to_webhook, sent
from tg_pipeline_tests.marts.updates import Payload, second

BOT: Final = 7_000_000_001
PEOPLE: Final = {
    201: "Ana",
    202: "Bia",
    203: "Caio",
    204: "Davi",
    205: "Eva",
    206: "Fabio",
    207: "Gil",
}
GREETING: Final = "Olá! Pergunte o que quiser."
FALLBACK: Final = "Desculpe, {name}, ainda não sei responder isso."
HOURS: Final = "A biblioteca abre das 8h às 22h."


class Conversations:
    """Builds the lines of private chats, whose message ids are common to all chats of the bot."""

    def __init__(self) -> None:
        self.lines: list[Payload] = []
        self._updates, self._messages = count(5000), count(1)

    def says(self, at: str, person: int, text: str) -> int:
        message_id = next(self._messages)
        content: Payload = {
            "message_id": message_id,
            "date": second(at),
            "text": text,
            "chat": self.chat(person),
            "from": self._user(person),
        }
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        self._update("message", content)
        return message_id

    def answers(self, at: str, person: int, text: str, reply_to: int | None = None) -> None:
        replied = {"reply_to_message": {"message_id": reply_to}} if reply_to else {}
        line = sent(at, text, next(self._messages), person, BOT, chat=self.chat(person), **replied)
        self.lines.append(line)

    def presses(self, at: str, person: int, data: str | None) -> None:
        message = {"message_id": 1, "date": second(at), "chat": self.chat(person)}
        content = {"id": "1", "from": self._user(person), "message": message}
        self._update("callback_query", content | ({"data": data} if data is not None else {}))
        done = call(at, "answerCallbackQuery", {"callback_query_id": "1"}, result=True)
        self.lines += done

    def changes(self, at: str, person: int, old: str, new: str) -> None:
        bot = {"id": BOT, "is_bot": True, "first_name": "Curso", "username": "curso_bot"}
        content: Payload = {
            "chat": self.chat(person),
            "from": self._user(person),
            "date": second(at),
            "old_chat_member": {"user": bot, "status": old},
            "new_chat_member": {"user": bot, "status": new},
        }
        self._update("my_chat_member", content)

    def _update(self, kind: str, content: Payload) -> None:
        self.lines.append({"update_id": next(self._updates), kind: content})

    def chat(self, person: int) -> Payload:
        return {"id": person, "type": "private", "first_name": PEOPLE[person]}

    def _user(self, person: int) -> Payload:
        return {"id": person, "is_bot": False, "first_name": PEOPLE[person]}


def conversations() -> list[Payload]:
    """Return the lines of seven people's chats, from Monday, 5 to Sunday, 18 October 2026."""
    said = Conversations()
    # Ana and Bia come from the site, Caio from a poster, the others without a payload.
    sources = {201: " site", 202: " site", 203: " Y2FydGF6"}
    for minute, person in enumerate(PEOPLE):
        said.says(f"2026-10-05 09:{minute:02}", person, f"/start{sources.get(person, '')}")
        said.answers(f"2026-10-05 09:{minute:02}", person, GREETING)
    said.says("2026-10-06 10:00", 201, "/start outro")
    said.answers("2026-10-06 10:00", 201, GREETING)
    # 1. Five people ask about the library: the same answer each time. Bia asks again at once, and
    # Caio on the next day.
    for minute, person in enumerate((201, 202, 203, 204, 205)):
        asked = said.says(f"2026-10-06 11:{minute:02}:00", person, "Que horas abre a biblioteca?")
        replied = asked if person == 204 else None
        said.answers(f"2026-10-06 11:{minute:02}:05", person, HOURS, replied)
    said.says("2026-10-06 11:02:30", 202, "que horas abre a biblioteca?")
    said.answers("2026-10-06 11:02:36", 202, HOURS)
    said.says("2026-10-07 11:00", 203, "Que horas abre a biblioteca?")
    said.answers("2026-10-07 11:00:04", 203, HOURS)
    # 2. Five people ask five things that the bot does not know. Before it says so, it says nothing;
    # for Gil, it says it is searching, and then answers.
    unknown = {
        201: "Onde fica o restaurante?",
        202: "Como cancelo minha matrícula?",
        203: "Quando sai o certificado?",
        204: "Qual o preço do estacionamento?",
        205: "Tem desconto para estudantes?",
    }
    for minute, (person, text) in enumerate(unknown.items()):
        said.says(f"2026-10-08 12:{minute:02}:00", person, text)
        fallback = FALLBACK.format(name=PEOPLE[person])
        said.answers(f"2026-10-08 12:{minute:02}:07", person, fallback)
    said.says("2026-10-08 13:00:00", 207, "Como troco a senha?")
    said.answers("2026-10-08 13:00:02", 207, "Um momento…")
    said.answers("2026-10-08 13:00:09", 207, "No menu, em Conta.")
    # 3. The bot is silent on Fabio's question.
    said.says("2026-10-09 09:00", 206, "Quais documentos preciso levar?")
    # 4. Buttons; blocks; calls that fail.
    for second_of_press, person in enumerate((201, 201, 202)):
        data = f"menu:{person}" if second_of_press else "curso_42"
        said.presses(f"2026-10-12 10:00:0{second_of_press}", person, data)
    said.presses("2026-10-12 10:01", 203, None)
    said.changes("2026-10-12 11:00", 205, "member", "kicked")
    said.changes("2026-10-12 11:05", 206, "member", "kicked")
    said.changes("2026-10-13 11:00", 206, "kicked", "member")
    notice = {"chat_id": 205, "text": "Aviso"}
    for minute in range(2):
        at = f"2026-10-13 12:0{minute}"
        said.lines += call(at, "sendMessage", notice, error=BLOCKED, milliseconds=40)
    said.lines += call("2026-10-13 12:02", "sendMessage", notice, error=TOO_MANY, milliseconds=20)
    said.lines += call("2026-10-13 12:03", "getChat", {"chat_id": 1}, error={"error_code": 400})
    said.lines.append(replied_to_webhook("2026-10-13 12:04", "Recebido", 201))
    at, author = "2026-10-13 12:05", {"id": BOT, "is_bot": True, "first_name": "Curso"}
    picture = {"date": second(at), "chat": said.chat(201), "from": author, "photo": []}
    album = [{"message_id": 900 + part, **picture} for part in range(3)]
    said.lines += call(at, "sendMediaGroup", {"chat_id": 201}, result=album)
    # 5. Ana and Caio are back a week later.
    said.says("2026-10-14 15:00", 201, "obrigada pela ajuda")
    said.says("2026-10-18 15:00", 203, "bom dia")
    return said.lines


def arrivals() -> dict[int, datetime]:
    """Return when the presses of buttons arrived, which have no time of their own."""
    return {
        line["update_id"]: datetime.fromtimestamp(line["callback_query"]["message"]["date"], UTC)
        for line in conversations()
        if "callback_query" in line
    }


def write_conversations(folder: Path) -> Path:
    file = folder / "helpful_bot.ndjson"
    file.write_text("".join(_lines()), encoding="utf-8")
    return file


def _lines() -> Iterator[str]:
    return (f"{json.dumps(line)}\n" for line in conversations())
