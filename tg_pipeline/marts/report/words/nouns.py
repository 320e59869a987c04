"""What is counted, one of it and several."""

from dataclasses import dataclass
from typing import Final

from tg_pipeline.marts.report.speech import Noun


@dataclass(frozen=True, slots=True)
class Nouns:
    """The things that the report counts."""

    message: Noun
    person: Noun
    active_person: Noun
    question: Noun
    day: Noun
    time: Noun
    line: Noun
    duplicate: Noun
    update: Noun
    new_member: Noun
    lost_member: Noun


EN: Final = Nouns(
    message=Noun("message", "messages"),
    person=Noun("person", "people"),
    active_person=Noun("active person", "active people"),
    question=Noun("question", "questions"),
    day=Noun("day", "days"),
    time=Noun("time", "times"),
    line=Noun("line", "lines"),
    duplicate=Noun("duplicate", "duplicates"),
    update=Noun("update", "updates"),
    new_member=Noun("member more", "members more"),
    lost_member=Noun("member fewer", "members fewer"),
)

PT: Final = Nouns(
    message=Noun("mensagem", "mensagens"),
    person=Noun("pessoa", "pessoas"),
    active_person=Noun("pessoa ativa", "pessoas ativas"),
    question=Noun("pergunta", "perguntas"),
    day=Noun("dia", "dias"),
    time=Noun("vez", "vezes"),
    line=Noun("linha", "linhas"),
    duplicate=Noun("duplicata", "duplicatas"),
    update=Noun("atualização", "atualizações"),
    new_member=Noun("membro a mais", "membros a mais"),
    lost_member=Noun("membro a menos", "membros a menos"),
)
