"""The words of what is simply counted: commands, kinds of content, reactions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class TallyWords:
    """What is counted, and what is most of it."""

    title: str
    finding: str
    nothing: str
    caption: str
    name: str
    count: str
    share: str
    rest: str
    limit: str
    names: Mapping[str, str] = field(default_factory=dict)
    """What the Bot API's own keys are called; a key that is not here is shown as it is."""


COMMANDS_EN: Final = TallyWords(
    title="Commands",
    finding="Used most: {name}, {times}, {share} of all commands.",
    nothing="No command was used.",
    caption="Commands, by how often they were used",
    name="Command",
    count="Used",
    share="Share",
    rest="{number} others",
    limit="Counted where a text begins with a command, known to the bot or not.",
)

COMMANDS_PT: Final = TallyWords(
    title="Comandos",
    finding="O mais usado: {name}, {times}, {share} de todos os comandos.",
    nothing="Nenhum comando foi usado.",
    caption="Comandos, do mais ao menos usado",
    name="Comando",
    count="Vezes",
    share="Parte",
    rest="Outros {number}",
    limit="Conta onde um texto começa com um comando, conhecido do bot ou não.",
)

CONTENT_EN: Final = TallyWords(
    title="Content",
    finding="Mostly {name}: {share} of the messages.",
    nothing="No message was sent.",
    caption="Kinds of messages, by how many",
    name="Kind",
    count="Messages",
    share="Share",
    rest="{number} other kinds",
    limit="An album counts once for each of its pictures.",
    names={
        "animation": "animation (GIF)",
        "left_chat_member": "somebody left",
        "migrate_from_chat_id": "supergroup made of a group",
        "migrate_to_chat_id": "group became a supergroup",
        "new_chat_members": "somebody joined",
        "pinned_message": "message pinned",
        "rich_message": "rich text",
        "successful_payment": "payment",
        "forum_topic_created": "topic opened",
        "video_note": "video message",
        "voice": "voice message",
    },
)

CONTENT_PT: Final = TallyWords(
    title="Conteúdo",
    finding="Sobretudo {name}: {share} das mensagens.",
    nothing="Nenhuma mensagem foi enviada.",
    caption="Tipos de mensagem, do mais ao menos frequente",
    name="Tipo",
    count="Mensagens",
    share="Parte",
    rest="Outros {number} tipos",
    limit="Um álbum conta uma vez por foto.",
    names={
        "animation": "animação (GIF)",
        "audio": "áudio",
        "checklist": "lista de tarefas",
        "contact": "contato",
        "dice": "dado",
        "document": "documento",
        "forum_topic_created": "tópico aberto",
        "game": "jogo",
        "invoice": "fatura",
        "left_chat_member": "alguém saiu",
        "location": "localização",
        "migrate_from_chat_id": "supergrupo feito de um grupo",
        "migrate_to_chat_id": "grupo virou supergrupo",
        "new_chat_members": "alguém entrou",
        "photo": "foto",
        "pinned_message": "mensagem fixada",
        "poll": "enquete",
        "rich_message": "texto rico",
        "sticker": "figurinha",
        "successful_payment": "pagamento",
        "text": "texto",
        "unknown": "desconhecido",
        "venue": "lugar",
        "video": "vídeo",
        "video_note": "mensagem de vídeo",
        "voice": "mensagem de voz",
    },
)

REACTIONS_EN: Final = TallyWords(
    title="Reactions",
    finding="Given most: {name}, {times}, {share} of all reactions.",
    nothing="No reaction was given.",
    caption="Reactions, by how often they were given",
    name="Reaction",
    count="Given",
    share="Share",
    rest="{number} others",
    limit="A bot is told of reactions only in chats where it is an administrator. Where reactions "
    "are anonymous it is sent totals, which are not counted here.",
    names={"custom:": "custom emoji", "paid": "paid (star)"},
)

REACTIONS_PT: Final = TallyWords(
    title="Reações",
    finding="A mais dada: {name}, {times}, {share} de todas as reações.",
    nothing="Nenhuma reação foi dada.",
    caption="Reações, da mais à menos dada",
    name="Reação",
    count="Vezes",
    share="Parte",
    rest="Outras {number}",
    limit="Um bot só sabe das reações em chats em que é administrador. Onde elas são anônimas ele "
    "recebe totais, que não contam aqui.",
    names={"custom:": "emoji personalizado", "paid": "paga (estrela)"},
)
