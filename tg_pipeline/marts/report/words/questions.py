"""The words of what people ask."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class QuestionsWords:
    """What is asked most."""

    title: str
    finding: str
    no_groups: str
    nothing: str
    rising: str
    caption: str
    question: str
    language: str
    count: str
    by_week: str
    week_counts: str
    others: str
    limit: str
    weeks: str


EN: Final = QuestionsWords(
    title="What people ask",
    finding="Asked most: “{name}”, {times}, {share} of all questions.",
    no_groups="{questions}, no two of them alike enough to be one.",
    nothing="Nobody asked anything in this period.",
    rising="Rising most: “{name}”, from {first} to {last} in a week.",
    caption="Questions that ask the same, by how often",
    question="Question",
    language="Language",
    count="Asked",
    by_week="By week",
    week_counts="week by week: {counts}",
    others="all others",
    limit="Which messages are questions, and which ask the same, is told from their words; both "
    "can be wrong.",
    weeks="Weeks are whole ones, Monday to Sunday, from {first} to {last}.",
)

PT: Final = QuestionsWords(
    title="O que as pessoas perguntam",
    finding="A mais frequente: “{name}”, {times}, {share} de todas as perguntas.",
    no_groups="{questions}, sem duas parecidas o bastante para serem a mesma.",
    nothing="Ninguém perguntou nada neste período.",
    rising="A que mais cresce: “{name}”, de {first} para {last} numa semana.",
    caption="Perguntas que pedem o mesmo, da mais à menos frequente",
    question="Pergunta",
    language="Língua",
    count="Vezes",
    by_week="Por semana",
    week_counts="semana a semana: {counts}",
    others="todas as outras",
    limit="Quais mensagens são perguntas, e quais perguntam o mesmo, é deduzido das palavras; as "
    "duas coisas podem falhar.",
    weeks="As semanas são inteiras, de segunda a domingo, de {first} a {last}.",
)
