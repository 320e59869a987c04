"""The people, bots and chats of the sample, and the state of a chat."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeAlias

Payload: TypeAlias = dict[str, Any]
"""A JSON object as the Bot API writes it."""

SAMPLE_BOT_ID: Final = 7000000001
"""The id of the sample's bot, the part of its token before the colon."""

SAMPLE_BOT_USERNAME: Final = "curso_dados_bot"
"""The name that the sample's users add to commands in groups."""

FIRST_USER_ID: Final = 204_811_903
USER_ID_STEP: Final = 137_438_953
"""Wide enough that the later ids need more than 32 bits, as newer accounts do."""

ZIPF_SHARE: Final = 240
"""Weight of the most active member; the n-th has 1/n of it."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account: its User object, and the language (pt, en, es) it writes in."""

    user: Payload
    language: str


def _person(line: str, number: int) -> Person:
    first, last, username, code, premium = (field.strip() for field in line.split("|"))
    user: Payload = {"id": FIRST_USER_ID + number * USER_ID_STEP, "is_bot": False}
    user["first_name"] = first
    named = {"last_name": last, "username": username, "language_code": code}
    user.update({key: value for key, value in named.items() if value})
    if premium:
        user["is_premium"] = True
    return Person(user, code[:2] or "pt")


def _bot(bot_id: int, name: str, username: str) -> Payload:
    return {"id": bot_id, "is_bot": True, "first_name": name, "username": username}


def _crowd(people: Iterable[Person]) -> tuple[Person, ...]:
    places: list[Person] = []
    for rank, person in enumerate(people, start=1):
        places += [person] * max(1, ZIPF_SHARE // rank)
    return tuple(places)


BOT: Final = _bot(SAMPLE_BOT_ID, "Monitora do Curso", SAMPLE_BOT_USERNAME)
MANAGED_BOT: Final = _bot(7000000977, "Plantão da Turma", "plantao_turma3_bot")
STICKER_BOT: Final = _bot(6104470019, "Figurinhas", "figurinhas_do_curso_bot")
ANONYMOUS_ADMIN: Final = _bot(1087968824, "Group", "GroupAnonymousBot")
"""The account in `from` when an administrator writes as the group."""

# first name | last name | username | language_code | premium
_MEMBERS: Final = """
Ana|Ribeiro|ana_ribeiro|pt-br|
Bruno|Tavares|brunotav|pt-br|yes
Carla||carla_dados|pt-br|
Diego|Nunes|diegonunes|pt-br|
Elisa|Moura|elimoura|pt-br|yes
Felipe||felipeaprende|pt-br|
Gabriela|Pires|gabi_pires|pt-br|
Heitor|Campos||pt-br|
Isabela|Freitas|isafreitas|pt-br|
João|Batista|joao_b|pt-br|
Karina||karina_sql|pt-br|
Lucas|Viana|lucasviana|pt-br|yes
Mariana|Lopes|marilopes|pt-br|
Nicolas|Prado||pt-br|
Olívia|Sales|oliviasales|pt-br|
Paulo|||pt-br|
Quitéria|Dantas|quiteria_d|pt-br|
Rafael|Teles|rafateles|pt-br|
Sofia|Herrera|sofia_herrera|es|
Tiago|Barros|tiagobarros|pt-br|
Ursula|Klein|uklein|en|yes
Vitor|Aragão|vitor_aragao|pt-br|
Wesley||wesleydev|pt-br|
Yasmin|Porto|yasporto|pt-br|
Zeca||||
Aline|Castro|alinecastro|pt-br|
Beto|Farias||pt-br|
Cecília|Rocha|ceciliarocha|pt-br|
Daniel|Smith|dan_learns|en|
Emília|🌻|emilia_flor|pt-br|
Fábio|Guedes|fabioguedes|pt-pt|
Grace|Miller|gracem|en|
Hugo|Paredes|hugoparedes|es|
Iara||iara_py|pt-br|
Jonas|Leal||pt-br|
Lívia|Amaral|liviaamaral|pt-br|yes
Mateo|Ruiz||es|
Nina|Couto|ninacouto||
Otávio|Reis|otavioreis|pt-br|
Priscila|Mendes|primendes|pt-br|
""".strip().splitlines()

_VISITORS: Final = """
Renan|Brito|renanbrito|pt-br|
Sandra||sandra_bi|pt-br|
Tomás|Vega|tomasvega|es|
Úrsula|Melo||pt-br|
Vanda|Paz|vandapaz|pt-br|yes
William|Hart|willhart|en|
Xavier|||pt-br|
Yuri|Santana|yurisantana|pt-br|
""".strip().splitlines()

MEMBERS: Final = tuple(_person(line, number) for number, line in enumerate(_MEMBERS))
VISITORS: Final = tuple(_person(line, 50 + number) for number, line in enumerate(_VISITORS))
"""People who come and go."""

_NEWCOMER_NAMES: Final = (
    *("Alice", "Bernardo", "Camila", "Davi", "Estela", "Fernando", "Giovana", "Henrique"),
    *("Irene", "Júlio", "Kátia", "Leandro", "Marta", "Norberto", "Odete", "Pedro"),
)


def newcomer(number: int) -> Person:
    """Return the n-th person who joins during the sample and keeps writing for a while."""
    name = _NEWCOMER_NAMES[number % len(_NEWCOMER_NAMES)]
    return _person(f"{name}||novo_{number}|pt-br|", 100 + number)


_CUSTOMER_NAMES: Final = (
    *("Adriana", "Breno", "Clara", "Danilo", "Eduarda", "Flávio", "Gisele", "Hélio", "Ingrid"),
    *("Jéssica", "Kléber", "Letícia", "Murilo", "Natália", "Oscar", "Patrícia", "Raul", "Simone"),
    *("Tainá", "Ulisses", "Vera", "Wagner", "Zilda"),
)


def customer(number: int) -> Person:
    """Return the n-th person who starts the bot during the sample; one in three has a username."""
    name = _CUSTOMER_NAMES[number % len(_CUSTOMER_NAMES)]
    username = "" if number % 3 else f"aluno_{number}"
    return _person(f"{name}||{username}|pt-br|", 1000 + number)


ADMIN: Final = MEMBERS[0]
CROWD: Final = _crowd(MEMBERS)
"""The members, each as often as they are active."""

HELPERS: Final = _crowd(MEMBERS[:10])
"""Members who answer questions, each as often as they do."""

CONFIDANTS: Final = (MEMBERS[3], MEMBERS[11])
"""The members who write to the bot in private from the first day on, and never block it."""


_TITLE: Final = "Suporte · Curso de Dados"

GROUP: Final[Payload] = {"id": -4012345678, "title": _TITLE, "type": "group"}
SUPERGROUP: Final[Payload] = {"id": -1002012345678, "title": _TITLE, "type": "supergroup"}
"""The support group after its move: another id, and message ids from 1."""

FORUM: Final[Payload] = {
    "id": -1002098765432,
    "title": "Turma 3 · Dados",
    "type": "supergroup",
    "is_forum": True,
}
CHANNEL: Final[Payload] = {
    "id": -1002055512340,
    "title": "Avisos do Curso de Dados",
    "username": "avisos_curso_dados",
    "type": "channel",
}
GUEST_GROUP: Final[Payload] = {"id": -1002077700311, "title": "Bolha de BI", "type": "supergroup"}
"""A group that the bot is not a member of; it is mentioned there as a guest."""

TOPICS: Final = (
    "Avisos da turma",
    "Módulo 1: Python",
    "Módulo 2: SQL",
    "Módulo 3: Nuvem",
    "Projeto final",
    "Vagas",
)
TOPIC_COLORS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
"""The RGB colors Telegram offers for a topic's icon."""


@dataclass(slots=True)
class ChatState:
    """The state of a chat, or of one topic of a forum.

    `ids` numbers the messages of the whole chat. `root` is the service message that opened the
    topic. `successor` is set once the chat has migrated: no more updates come from this one.
    `is_blocked`: the person of this private chat has blocked the bot.
    """

    chat: Payload
    ids: Iterator[int]
    root: Payload | None = None
    successor: "ChatState | None" = None
    is_blocked: bool = False

    def current(self) -> "ChatState":
        """Return the chat that people write in now."""
        return self.successor or self


def private_chat(person: Person) -> Payload:
    """Return the Chat of a person with the bot: the same id and names as the user."""
    names = ("id", "first_name", "last_name", "username")
    known = {name: person.user[name] for name in names if name in person.user}
    return known | {"type": "private"}


def private_chats() -> list[tuple[Person, ChatState]]:
    """Return the private chats that the bot has from the first day on, each with its person."""
    return [
        (person, ChatState(private_chat(person), count(800 + 450 * place)))
        for place, person in enumerate(CONFIDANTS)
    ]


def topic(forum: ChatState, number: int, opened_at: int) -> ChatState:
    """Open the topic of that number in the forum, at a Unix time in seconds."""
    message_id = next(forum.ids)
    root: Payload = {"message_id": message_id, "from": ADMIN.user, "chat": forum.chat}
    root |= {"date": opened_at, "message_thread_id": message_id, "is_topic_message": True}
    root["forum_topic_created"] = {"name": TOPICS[number], "icon_color": TOPIC_COLORS[number]}
    return ChatState(forum.chat, forum.ids, root)
