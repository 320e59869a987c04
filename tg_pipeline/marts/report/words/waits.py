"""The words of the response times."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class WaitsWords:
    """How long people wait."""

    title: str
    finding: str
    nothing: str
    by_bot: str
    by_people: str
    bot: str
    people: str
    label: str
    tip: str
    week: str
    who: str
    answers: str
    median: str
    p90: str
    legend: str
    limit: str


EN: Final = WaitsWords(
    title="Response times",
    finding="Half of the answers come within {median}, nine in ten within {p90}.",
    nothing="No question was answered where the bot can see it.",
    by_bot="Bots: half within {median}, nine in ten within {p90}.",
    by_people="People: half within {median}, nine in ten within {p90}.",
    bot="bots",
    people="people",
    label="Range chart: median and ninth decile of the time to an answer, by week, for bots and "
    "for people.",
    tip="Week of {week}, {who}: half within {median}, nine in ten within {p90}",
    week="Week of",
    who="Answered by",
    answers="Answers",
    median="Median",
    p90="Nine in ten",
    legend="from the median (point) to nine in ten (bar)",
    limit="A bot that answers is another than this one, whose own messages it is not sent. "
    "Questions that were never answered have no time and are not counted here.",
)

PT: Final = WaitsWords(
    title="Tempos de resposta",
    finding="Metade das respostas vem em até {median}, nove em cada dez em até {p90}.",
    nothing="Nenhuma pergunta foi respondida onde o bot pode ver.",
    by_bot="Bots: metade em até {median}, nove em cada dez em até {p90}.",
    by_people="Pessoas: metade em até {median}, nove em cada dez em até {p90}.",
    bot="bots",
    people="pessoas",
    label="Gráfico de intervalos: mediana e nono decil do tempo até a resposta, por semana, de "
    "bots e de pessoas.",
    tip="Semana de {week}, {who}: metade em até {median}, nove em cada dez em até {p90}",
    week="Semana de",
    who="Quem respondeu",
    answers="Respostas",
    median="Mediana",
    p90="Nove em cada dez",
    legend="da mediana (ponto) a nove em cada dez (barra)",
    limit="Um bot que responde é outro que não este, que não recebe as próprias mensagens. "
    "Perguntas que nunca tiveram resposta não têm tempo e não contam aqui.",
)
