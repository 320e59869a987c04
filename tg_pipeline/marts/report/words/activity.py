"""The words of the activity over time."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ActivityWords:
    """How much is written, and by how many."""

    title: str
    finding: str
    one_day: str
    nothing: str
    people: str
    messages_label: str
    people_label: str
    on_the_day: str
    in_a_week: str
    in_a_month: str
    tip: str
    day: str
    messages: str
    limit: str


EN: Final = ActivityWords(
    title="Activity over time",
    finding="{mean} messages a day on average, and most on {day}: {most}.",
    one_day="{most} on {day}.",
    nothing="Nobody wrote in this period.",
    people="{daily} people are active on an average day, {share} of those active within 30 days.",
    messages_label="Bar chart: messages from {first} to {last}.",
    people_label="Line chart: people active on a day, within 7 days and within 30 days, from "
    "{first} to {last}.",
    on_the_day="people on the day",
    in_a_week="within 7 days",
    in_a_month="within 30 days",
    tip="{when}: {what}",
    day="From",
    messages="Messages",
    limit="Counted is what the bot is sent. In a group, a bot that is no administrator and has "
    "privacy mode on is sent commands and replies to itself only.",
)

PT: Final = ActivityWords(
    title="Atividade ao longo do tempo",
    finding="{mean} mensagens por dia em média, e o máximo em {day}: {most}.",
    one_day="{most} em {day}.",
    nothing="Ninguém escreveu neste período.",
    people="{daily} pessoas ativas num dia médio, {share} das ativas em 30 dias.",
    messages_label="Gráfico de barras: mensagens de {first} a {last}.",
    people_label="Gráfico de linhas: pessoas ativas no dia, em 7 dias e em 30 dias, de {first} a "
    "{last}.",
    on_the_day="pessoas no dia",
    in_a_week="em 7 dias",
    in_a_month="em 30 dias",
    tip="{when}: {what}",
    day="Desde",
    messages="Mensagens",
    limit="Conta o que o bot recebe. Num grupo, um bot que não é administrador e tem o modo de "
    "privacidade ligado só recebe comandos e respostas a ele.",
)
