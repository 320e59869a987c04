"""The words of who comes back."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RetentionWords:
    """Of those who came in a week, how many came back."""

    title: str
    finding: str
    too_short: str
    label: str
    tip: str
    cohort: str
    size: str
    week: str
    column: str
    row: str
    limit: str
    limit_first: str


EN: Final = RetentionWords(
    title="Who comes back",
    finding="A week after they were first active, {share} of people are active again.",
    too_short="A single week of activity says nothing yet of who comes back.",
    label="Heat map: the share of people active again, by the week they were first active in and "
    "the weeks since.",
    tip="First active in the week of {cohort}: {returned} of {size} active {offset} weeks later",
    cohort="First week",
    size="People",
    week="+{offset}",
    column="+{offset}",
    row="{day} ({size})",
    limit="Rows are first weeks, with how many people came; columns are the weeks since. Whoever "
    "only reads is never active.",
    limit_first="The first week of the data holds everybody who had been there before.",
)

PT: Final = RetentionWords(
    title="Quem volta",
    finding="Uma semana depois da primeira atividade, {share} das pessoas voltam a participar.",
    too_short="Uma única semana de atividade ainda não diz quem volta.",
    label="Mapa de calor: a parte das pessoas ativas de novo, pela semana da primeira atividade e "
    "pelas semanas desde então.",
    tip="Primeira atividade na semana de {cohort}: {returned} de {size} ativas {offset} semanas "
    "depois",
    cohort="Primeira semana",
    size="Pessoas",
    week="+{offset}",
    column="+{offset}",
    row="{day} ({size})",
    limit="As linhas são as primeiras semanas, com quantas pessoas vieram; as colunas, as semanas "
    "desde então. Quem só lê nunca está ativo.",
    limit_first="A primeira semana dos dados contém todos os que já estavam lá antes.",
)
