"""The words of the hours of the week."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class HoursWords:
    """When people write."""

    title: str
    finding: str
    nothing: str
    quiet: str
    label: str
    tip: str
    weekday: str
    none: str
    most: str
    hour: str
    limit: str


EN: Final = HoursWords(
    title="Hours of the week",
    finding="Busiest: {weekday} {hours}, {messages}, {share} of all.",
    nothing="Nobody wrote at any hour.",
    quiet="The day's busiest hour is {busiest}, its quietest {quietest}.",
    label="Heat map: messages by hour of the day and weekday, in {zone}.",
    tip="{weekday} {hours}: {messages}",
    weekday="Weekday",
    none="none",
    most="{messages}",
    hour="{hour} h",
    limit="By the clocks of {zone}, wherever the writer is. An update that has no time of its own "
    "counts when it landed.",
)

PT: Final = HoursWords(
    title="Horas da semana",
    finding="Pico: {weekday}, {hours}, {messages}, {share} de todas.",
    nothing="Ninguém escreveu em hora nenhuma.",
    quiet="A hora mais cheia do dia é {busiest}, a mais calma {quietest}.",
    label="Mapa de calor: mensagens por hora do dia e dia da semana, em {zone}.",
    tip="{weekday} {hours}: {messages}",
    weekday="Dia da semana",
    none="nenhuma",
    most="{messages}",
    hour="{hour} h",
    limit="Pelos relógios de {zone}, onde quer que a pessoa esteja. Uma atualização sem hora "
    "própria conta quando chegou.",
)
