"""Conversations: questions and answers, small talk, forwards, commands."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from tg_pipeline.sample.calls import (
    FALLBACK,
    FEEDBACK,
    GROUP_MENU,
    PRIVATE_MENU,
    SOON,
    Outgoing,
    let_press,
    send,
    with_buttons,
)
from tg_pipeline.sample.content import CONTENT, Intent
from tg_pipeline.sample.facts import ReplyKind
from tg_pipeline.sample.people import (
    ANONYMOUS_ADMIN,
    BOT,
    CHANNEL,
    CROWD,
    HELPERS,
    STICKER_BOT,
    ChatState,
    Payload,
    Person,
)
from tg_pipeline.sample.scene import GeneratedUpdate, Mark, Scene, send_with_follow_ups, write

INTENTS: Final = CONTENT.course + CONTENT.coding

ANSWERED: Final = 0.7
ASKED_AGAIN: Final = 0.18
"""Shares of the questions that are answered, and of those that are repeated."""

BOT_ANSWERS: Final = 0.08
"""Share of the questions that the bot answers, and asks whether that helped."""

BY_REPLY: Final = 0.75
THANKED: Final = 0.5
JOINED_IN: Final = 0.3
MOST_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question asked in a chat for the n-th time."""

    chat_state: ChatState
    asker: Person
    intent: Intent
    tries: int = 1


def ask(
    scene: Scene, chat_state: ChatState | None = None, person: Person | None = None
) -> GeneratedUpdate:
    """Ask a question, in the support chat and by a member unless others are passed."""
    rng = scene.rng
    asker, intent = person or rng.pick(CROWD), rng.pick_common(INTENTS)
    asked = rng.pick(intent.phrasings(asker.language))
    if asker.language == "pt":
        asked = rng.pick(CONTENT.openers) + asked + rng.pick(CONTENT.closers)
    return _ask(scene, Question(chat_state or scene.support, asker, intent), asked)


def ask_in_topic(scene: Scene, person: Person | None = None) -> GeneratedUpdate:
    """Ask a question in a topic of the forum."""
    return ask(scene, scene.rng.pick(scene.topics), person)


def small_talk(scene: Scene) -> GeneratedUpdate:
    """Send small talk, to which somebody may reply."""
    return _small_talk(scene, scene.support, reply_to=None)


def _ask(scene: Scene, question: Question, asked: str) -> GeneratedUpdate:
    chat_state, asker = question.chat_state, question.asker.user
    message = scene.message(chat_state, asker, {"text": asked})
    outcome = scene.rng.fraction()
    if outcome < ANSWERED:
        scene.later(20, 2400, partial(answer, question=question, message=message))
    elif outcome < ANSWERED + ASKED_AGAIN and question.tries < MOST_TRIES:
        scene.later(1800, 6000, partial(ask_again, question=question))
    if scene.rng.happens(BOT_ANSWERS):
        text = f"{scene.rng.pick(question.intent.answers)}\n\n{CONTENT.bot.feedback}"
        content, then = with_buttons(text, FEEDBACK), let_press(asker, chat_state, FEEDBACK)
        reply = Outgoing(chat_state, content, message, quotes=True, then=then)
        scene.call_later(*SOON, partial(send, sending=reply))
    return send_with_follow_ups(scene, chat_state, message)


def answer(scene: Scene, question: Question, message: Payload) -> GeneratedUpdate:
    """Let a helper answer, mostly by a reply, otherwise by the next message."""
    rng, chat_state = scene.rng, question.chat_state.current()
    helper = rng.pick(HELPERS)
    if helper is question.asker:
        helper = HELPERS[-1]
    text = rng.pick(CONTENT.helpful) + rng.pick(question.intent.answers)
    replies = chat_state is question.chat_state and rng.happens(BY_REPLY)
    reply_to = message if replies else None
    answered = scene.message(chat_state, helper.user, {"text": text}, reply_to)
    if rng.happens(THANKED):
        scene.later(10, 1200, partial(thank, question=question, answered=answered))
    return send_with_follow_ups(scene, chat_state, answered)


def thank(scene: Scene, question: Question, answered: Payload) -> GeneratedUpdate:
    """Let the asker say thanks, by a reply or without one."""
    chat_state = question.chat_state.current()
    replies = answered["chat"] is chat_state.chat and scene.rng.happens(BY_REPLY)
    content = {"text": scene.rng.pick(CONTENT.thanks[question.asker.language])}
    reply_to = answered if replies else None
    return send_with_follow_ups(
        scene, chat_state, scene.message(chat_state, question.asker.user, content, reply_to)
    )


def ask_again(scene: Scene, question: Question) -> GeneratedUpdate:
    """Repeat an unanswered question, in the same or other words."""
    asker, intent = question.asker, question.intent
    asked = scene.rng.pick(intent.phrasings(asker.language))
    asked = scene.rng.pick(CONTENT.again) + asked if asker.language == "pt" else asked
    again = Question(question.chat_state.current(), asker, intent, question.tries + 1)
    return _ask(scene, again, asked)


def _small_talk(scene: Scene, chat_state: ChatState, reply_to: Payload | None) -> GeneratedUpdate:
    rng, chat_state = scene.rng, chat_state.current()
    quoted = reply_to if reply_to and reply_to["chat"] is chat_state.chat else None
    content = {"text": rng.pick(CONTENT.small_talk)}
    message = scene.message(chat_state, rng.pick(CROWD).user, content, quoted)
    if rng.happens(JOINED_IN):
        next_reply_to = message if rng.happens(0.5) else None
        scene.later(8, 900, partial(_small_talk, chat_state=chat_state, reply_to=next_reply_to))
    return send_with_follow_ups(scene, chat_state, message)


OLDEST: Final = 20 * 86_400
"""Age in seconds of the oldest forwarded message."""

FORWARDED: Final = (
    "olhem essa explicação que achei",
    "resposta da coordenação: o prazo é dia 30",
    "Gravação da aula 14 no ar.",
)
NOTICES: Final = (
    "pessoal, mantenham as dúvidas neste grupo",
    "amanhã não tem monitoria",
    "bem-vindos, leiam a mensagem fixada",
)


def _origin(scene: Scene) -> Payload:
    sent = {"date": scene.second - scene.rng.between(600, OLDEST)}
    kind = scene.rng.between(0, 2)
    if kind == 0:
        return {"type": "user", "sender_user": scene.rng.pick(CROWD).user} | sent
    if kind == 1:
        return {"type": "hidden_user", "sender_user_name": "Professor"} | sent
    post = {"message_id": scene.rng.between(300, 411), "chat": CHANNEL}
    return {"type": "channel"} | post | sent


def forward(scene: Scene) -> GeneratedUpdate:
    """Forward a message of a user, of a hidden user, or of the channel."""
    content = {"forward_origin": _origin(scene), "text": scene.rng.pick(FORWARDED)}
    message = scene.message(scene.support, scene.rng.pick(CROWD).user, content)
    return send_with_follow_ups(scene, scene.support, message)


def send_via_bot(scene: Scene) -> GeneratedUpdate:
    """Send the result of an inline bot."""
    content = {"via_bot": STICKER_BOT, "text": scene.rng.pick(CONTENT.small_talk)}
    message = scene.message(scene.support, scene.rng.pick(CROWD).user, content)
    return send_with_follow_ups(scene, scene.support, message)


def send_as_group(scene: Scene) -> GeneratedUpdate:
    """Write as an anonymous administrator of the forum: `sender_chat` is the group itself."""
    chat_state = scene.rng.pick(scene.topics)
    content = {"sender_chat": chat_state.chat, "text": scene.rng.pick(NOTICES)}
    return send_with_follow_ups(
        scene, chat_state, scene.message(chat_state, ANONYMOUS_ADMIN, content)
    )


def send_as_channel(scene: Scene) -> GeneratedUpdate:
    """Write in the group as the channel: a message that has no `from` at all."""
    content = {"sender_chat": CHANNEL, "text": scene.rng.pick(NOTICES)}
    return send_with_follow_ups(scene, scene.support, scene.message(scene.support, None, content))


AT_BOT: Final = "@" + BOT["username"]
MENU_SHOWN: Final = 0.3

KNOWN: Final = tuple(
    write(*pieces)
    for pieces in (
        (Mark("bot_command", "/start"),),
        (Mark("bot_command", "/help"),),
        (Mark("bot_command", "/ajuda"),),
        (Mark("bot_command", "/ajuda" + AT_BOT), " turma 3"),
        (Mark("bot_command", "/certificado" + AT_BOT),),
        (Mark("bot_command", "/aulas"), " módulo 2"),
    )
)
"""Commands that the bot knows."""

UNKNOWN: Final = write(Mark("bot_command", "/status"))
"""A command that it does not know."""

MENTIONED: Final = tuple(
    write(*pieces)
    for pieces in (
        ("👋 ", Mark("bot_command", "/start" + AT_BOT)),
        ("alguém já usou o ", Mark("bot_command", "/certificado"), " aqui?"),
    )
)
"""Messages that name a command and are none."""

IN_GROUP: Final = (*KNOWN, UNKNOWN, *MENTIONED)
IN_PRIVATE: Final = (*KNOWN[1:], UNKNOWN)
"""`/start` in private is a beginning of its own."""

TAGGED: Final = tuple(
    write(*pieces)
    for pieces in (
        (Mark("hashtag", "#duvida"), " sobre o projeto final"),
        (Mark("hashtag", "#dica"), " 🚀 salvem as consultas em ", Mark("hashtag", "#sql")),
        ("🎉🎉 passei na vaga! ", Mark("hashtag", "#vagas")),
        ("a documentação: ", Mark("url", "https://docs.example.org/pandas/merge")),
        ("📎 link da aula 👉 ", Mark("url", "https://curso.example.com/aula/14?t=32")),
        (Mark("url", "https://github.example.com/turma3/projeto"), " esse é o meu"),
        ("escreve para ", Mark("email", "suporte@curso.example.com")),
        (Mark("mention", "@ana_ribeiro"), " consegue olhar? 🙏"),
        ("😅 isso é com ", Mark("mention", "@brunotav"), " e ", Mark("mention", "@gabi_pires")),
        ("👨‍🏫 o ", Mark("mention", AT_BOT), " responde isso"),
        ("usa ", Mark("code", "df.merge(vendas, on='id')"), " que resolve"),
        ("atenção: ", Mark("bold", "a aula de amanhã mudou de horário")),
    )
)


def command(scene: Scene) -> GeneratedUpdate:
    """Send the bot a command in the support chat."""
    return _command(scene, scene.support, scene.rng.pick(CROWD).user, scene.rng.pick(IN_GROUP))


def private_command(scene: Scene) -> GeneratedUpdate:
    """Send the bot a command in a private chat."""
    person, chat_state = scene.private_chat()
    return _command(scene, chat_state, person.user, scene.rng.pick(IN_PRIVATE))


def _command(
    scene: Scene, chat_state: ChatState, person: Payload, content: Payload
) -> GeneratedUpdate:
    """Send a command; the bot replies with a text or its menu, or that it does not know it."""
    message = scene.message(chat_state, person, content)
    is_private = chat_state.chat["type"] == "private"
    if content is UNKNOWN:
        reply = Outgoing(chat_state, FALLBACK, message, ReplyKind.FALLBACK, quotes=not is_private)
        scene.call_later(*SOON, partial(send, sending=reply))
    elif content in KNOWN:
        then, shown = None, {"text": scene.rng.pick(CONTENT.bot.help)}
        if scene.rng.happens(MENU_SHOWN):
            menu = PRIVATE_MENU if is_private else GROUP_MENU
            shown, then = with_buttons(CONTENT.bot.menu, menu), let_press(person, chat_state, menu)
        reply = Outgoing(chat_state, shown, message, quotes=not is_private, then=then)
        scene.call_later(*SOON, partial(send, sending=reply))
    return send_with_follow_ups(scene, chat_state, message)


def send_with_entity(scene: Scene) -> GeneratedUpdate:
    """Send a text with a hashtag, a link, a mention or formatting."""
    content, person = scene.rng.pick(TAGGED), scene.rng.pick(CROWD)
    return send_with_follow_ups(
        scene, scene.support, scene.message(scene.support, person.user, content)
    )
