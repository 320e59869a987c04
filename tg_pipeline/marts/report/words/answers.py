"""The words of whether it helps."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AnswersWords:
    """What becomes of questions."""

    title: str
    finding: str
    invisible: str
    nothing: str
    by_reply: str
    afterwards: str
    label: str
    tip: str
    by_bot: str
    by_people: str
    unanswered: str
    replied: str
    week: str
    thanked: str
    asked_again: str
    unseen: str
    limit_bot: str
    limit_answer: str
    limit_again: str


EN: Final = AnswersWords(
    title="Does it help?",
    finding="{share} of the questions are answered: {answered} of {visible}.",
    invisible="Nothing tells whether the {questions} were answered.",
    nothing="There were no questions to answer.",
    by_reply="{share} are answered by a reply to the question, and so for certain: {replied}; the "
    "others by what somebody else said next, which may be about something else.",
    afterwards="{thanked} of the answers are followed by thanks within an hour; {again} of the "
    "questions are asked again by the same person within a day.",
    label="Bar chart: questions by week, answered by a bot, answered by people, and unanswered.",
    tip="Week of {week}: {what}, {number}",
    by_bot="answered by a bot",
    by_people="answered by people",
    unanswered="unanswered",
    replied="of these by a reply",
    week="Week of",
    thanked="Thanked",
    asked_again="Asked again",
    unseen="Unseen",
    limit_bot="A bot is not sent its own messages. Where only the bot could answer (in private "
    "chats) nothing tells whether it did, and {questions} asked there are left out.",
    limit_answer="An answer is a reply, or else what somebody else says next within an hour: no "
    "question, no command, no reply to something else. Whether it was right, nobody can tell from "
    "here.",
    limit_again="Whoever gives up in silence looks like whoever was helped.",
)

PT: Final = AnswersWords(
    title="Ajuda?",
    finding="{share} das perguntas têm resposta: {answered} de {visible}.",
    invisible="Nada diz se houve resposta: {questions}.",
    nothing="Não houve perguntas a responder.",
    by_reply="{share} têm uma resposta direta, e portanto uma resposta sem dúvida: {replied}; nas "
    "outras conta o que outra pessoa disse em seguida, talvez sobre outra coisa.",
    afterwards="{thanked} das respostas são seguidas de um agradecimento em até uma hora; {again} "
    "das perguntas são refeitas pela mesma pessoa em até um dia.",
    label="Gráfico de barras: perguntas por semana, respondidas por um bot, por pessoas, e sem "
    "resposta.",
    tip="Semana de {week}: {what}, {number}",
    by_bot="respondidas por um bot",
    by_people="respondidas por pessoas",
    unanswered="sem resposta",
    replied="destas, resposta direta",
    week="Semana de",
    thanked="Com agradecimento",
    asked_again="Refeitas",
    unseen="Não visíveis",
    limit_bot="Um bot não recebe as próprias mensagens. Onde só o bot poderia responder (em "
    "conversas privadas) nada diz se ele respondeu, e ficam de fora: {questions}.",
    limit_answer="Resposta é o que responde diretamente à mensagem, ou então o que outra pessoa "
    "diz em seguida, em até uma hora: nem pergunta, nem comando, nem resposta a outra coisa. Se "
    "estava certa, daqui ninguém sabe.",
    limit_again="Quem desiste em silêncio parece quem foi ajudado.",
)
