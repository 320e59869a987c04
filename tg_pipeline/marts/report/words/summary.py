"""The words of the headline figures."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SummaryWords:
    """The period in a few sentences, and the names of its figures."""

    lead: str
    answered: str
    answered_nothing: str
    members: str
    compared: str
    no_comparison: str
    more: str
    fewer: str
    same: str
    after_none: str
    messages: str
    people: str
    questions: str
    share: str
    wait: str
    net: str
    up_by: str
    down_by: str
    up: str
    down: str
    as_before: str


EN: Final = SummaryWords(
    lead="In {days}: {people}, {messages}, {questions}.",
    answered="Of the questions whose answer can be seen, {share} were answered, {replied} by a "
    "reply; half of the answers came within {wait}.",
    answered_nothing="None of the questions whose answer can be seen was answered.",
    members="{joins} joined, {leaves} left.",
    compared="Against the {days} before ({span}): {messages}, {people}, {questions}.",
    no_comparison="There is nothing to compare with: the data begins on {date}.",
    more="{percent} more {things}",
    fewer="{percent} fewer {things}",
    same="as many {things}",
    after_none="{number} {things} after none",
    messages="Messages",
    people="Active people",
    questions="Questions",
    share="Questions answered",
    wait="Median wait",
    net="New members, net",
    up_by="up {percent} from {before}",
    down_by="down {percent} from {before}",
    up="up from {before}",
    down="down from {before}",
    as_before="as before",
)

PT: Final = SummaryWords(
    lead="Em {days}: {people}, {messages}, {questions}.",
    answered="Das perguntas cuja resposta é visível, {share} foram respondidas, {replied} por uma "
    "resposta direta; metade das respostas veio em até {wait}.",
    answered_nothing="Nenhuma das perguntas cuja resposta é visível foi respondida.",
    members="Entradas: {joins}; saídas: {leaves}.",
    compared="Em relação ao período anterior de {days} ({span}): {messages}, {people}, "
    "{questions}.",
    no_comparison="Não há com o que comparar: os dados começam em {date}.",
    more="{percent} mais {things}",
    fewer="{percent} menos {things}",
    same="o mesmo número de {things}",
    after_none="{number} {things}, antes nenhuma",
    messages="Mensagens",
    people="Pessoas ativas",
    questions="Perguntas",
    share="Perguntas respondidas",
    wait="Espera mediana",
    net="Saldo de membros",
    up_by="{percent} acima de {before}",
    down_by="{percent} abaixo de {before}",
    up="acima de {before}",
    down="abaixo de {before}",
    as_before="como antes",
)
