"""Messages with entities: commands, hashtags, links and mentions."""

from typing import Final

from tg_pipeline.sample.callbacks import offer_menu
from tg_pipeline.sample.people import BOT, CROWD
from tg_pipeline.sample.remark import remark
from tg_pipeline.sample.scene import Happening, Scene
from tg_pipeline.sample.texts import Mark, write

AT_BOT: Final = "@" + BOT["username"]
MENU_SHOWN: Final = 0.3

COMMANDS: Final = tuple(
    write(*pieces)
    for pieces in (
        (Mark("bot_command", "/start"),),
        (Mark("bot_command", "/help"),),
        (Mark("bot_command", "/ajuda"),),
        (Mark("bot_command", "/ajuda" + AT_BOT), " turma 3"),
        (Mark("bot_command", "/certificado" + AT_BOT),),
        (Mark("bot_command", "/aulas"), " módulo 2"),
        (Mark("bot_command", "/status"),),
        ("👋 ", Mark("bot_command", "/start" + AT_BOT)),
        ("alguém já usou o ", Mark("bot_command", "/certificado"), " aqui?"),
    )
)

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


def command(scene: Scene) -> Happening:
    """Somebody gives the bot a command in the support chat; it may show its menu."""
    room, person = scene.support, scene.chance.pick(CROWD).user
    message = scene.message(room, person, scene.chance.pick(COMMANDS))
    if scene.chance.happens(MENU_SHOWN):
        offer_menu(scene, room, person)
    return remark(scene, room, message)


def private_command(scene: Scene) -> Happening:
    """One of the bot's confidants gives it a command in private."""
    person, room = scene.chance.pick(scene.private)
    message = scene.message(room, person.user, scene.chance.pick(COMMANDS))
    if scene.chance.happens(MENU_SHOWN):
        offer_menu(scene, room, person.user)
    return remark(scene, room, message)


def tag(scene: Scene) -> Happening:
    """Somebody writes a text with a hashtag, a link, a mention or formatting."""
    content, person = scene.chance.pick(TAGGED), scene.chance.pick(CROWD)
    return remark(scene, scene.support, scene.message(scene.support, person.user, content))
