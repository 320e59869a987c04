"""The words of the digest that the report does not have."""

from dataclasses import dataclass
from typing import Final

from tg_pipeline.marts.report.language import EN, PT
from tg_pipeline.marts.report.speech import Speech


@dataclass(frozen=True, slots=True)
class KindWords:
    """What differs between a day and a week."""

    title: str
    busiest: str
    chart: str
    legend: str
    """Of a chart that has a period to compare with."""


@dataclass(frozen=True, slots=True)
class DigestWords:
    """A digest in one language."""

    day: KindWords
    week: KindWords
    asked_most: str
    late: str
    unreadable: str


_EN: Final = DigestWords(
    day=KindWords(
        title="{date}",
        busiest="Busiest hour: ",
        chart="Messages by hour, {date}",
        legend="narrow bars: the day; wide: the day before",
    ),
    week=KindWords(
        title="Week {week}: {date}",
        busiest="Busiest day: ",
        chart="Messages by day, {date}",
        legend="narrow bars: the week; wide: the week before",
    ),
    asked_most="Asked most",
    late="Something landed since this was counted: the report will have more.",
    unreadable="{lines} can't be read and are in quarantine.",
)

_PT: Final = DigestWords(
    day=KindWords(
        title="{date}",
        busiest="Hora mais cheia: ",
        chart="Mensagens por hora, {date}",
        legend="barras finas: o dia; largas: o dia anterior",
    ),
    week=KindWords(
        title="Semana {week}: {date}",
        busiest="Dia mais cheio: ",
        chart="Mensagens por dia, {date}",
        legend="barras finas: a semana; largas: a anterior",
    ),
    asked_most="As mais perguntadas",
    late="Algo chegou depois desta contagem: o relatório terá mais.",
    unreadable="Ilegíveis, em quarentena: {lines}.",
)

_ALL: Final = {EN.code: _EN, PT.code: _PT}


def digest_words(say: Speech) -> DigestWords:
    """Give the words of the language that is spoken."""
    return _ALL[say.language.code]
