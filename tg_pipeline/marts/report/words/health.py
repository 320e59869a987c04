"""The words of the state of the data."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class HealthWords:
    """What is late, unreadable, double or missing."""

    title: str
    fine: str
    behind: str
    nothing: str
    broken: str
    lost: str
    none_lost: str
    label: str
    ok: str
    late: str
    missing: str
    tip: str
    day: str
    landed: str
    updates: str
    quarantined: str
    duplicates: str
    state: str
    gaps: str
    bot: str
    numbers: str
    marts_behind: str
    limit_gaps: str
    limit_filter: str
    limit_fixed: str


EN: Final = HealthWords(
    title="State of the data",
    fine="{days} with updates, all of it built from all that landed.",
    behind="Late days: {late}; never built: {missing}; of {days} with updates.",
    nothing="Nothing landed in this period.",
    broken="{lines} can't be read and {duplicates} are left out.",
    lost="{updates} are missing by their numbers.",
    none_lost="No update is missing by its number.",
    label="Bar chart: updates built, from {first} to {last}; days that are late or were never "
    "built stand out.",
    ok="built",
    late="late: something landed since",
    missing="never built",
    tip="{when}: {updates}, {quarantined} unreadable, {duplicates} duplicates, {lost} missing",
    day="Day",
    landed="Landed objects",
    updates="Updates",
    quarantined="Unreadable",
    duplicates="Duplicates",
    state="State",
    gaps="Numbers missing, by bot and day",
    bot="Bot",
    numbers="Missing",
    marts_behind="The tables behind this page are older than the updates: tg-pipeline run brings "
    "them up to date.",
    limit_gaps="Telegram numbers the updates of a bot one by one, and begins anew at a random "
    "number after a week without any. A number missing in between is an update that was never "
    "kept: lost, rejected, unreadable, or imported from elsewhere.",
    limit_filter="Only some chats are kept, so that the updates of the others are missing too.",
    limit_fixed="Late and missing days: tg-pipeline run builds them.",
)

PT: Final = HealthWords(
    title="Estado dos dados",
    fine="{days} com atualizações, e tudo o que chegou está processado.",
    behind="Dias atrasados: {late}; nunca processados: {missing}; de {days} com atualizações.",
    nothing="Nada chegou neste período.",
    broken="Ilegíveis: {lines}. Deixadas de fora: {duplicates}.",
    lost="Faltam, pelos números: {updates}.",
    none_lost="Pelos números, nenhuma atualização falta.",
    label="Gráfico de barras: atualizações processadas de {first} a {last}; dias atrasados ou "
    "nunca processados se destacam.",
    ok="processado",
    late="atrasado: algo chegou depois",
    missing="nunca processado",
    tip="{when}: {updates}, {quarantined} ilegíveis, {duplicates} duplicatas, faltam {lost}",
    day="Dia",
    landed="Objetos recebidos",
    updates="Atualizações",
    quarantined="Ilegíveis",
    duplicates="Duplicatas",
    state="Estado",
    gaps="Números que faltam, por bot e dia",
    bot="Bot",
    numbers="Faltam",
    marts_behind="As tabelas por trás desta página são mais velhas que as atualizações: "
    "tg-pipeline run as atualiza.",
    limit_gaps="O Telegram numera as atualizações de um bot uma a uma, e recomeça num número ao "
    "acaso depois de uma semana sem nenhuma. Um número que falta no meio é uma atualização que "
    "nunca foi guardada: perdida, rejeitada, ilegível ou importada de outro lugar.",
    limit_filter="Só alguns chats são guardados, então as atualizações dos outros também faltam.",
    limit_fixed="Dias atrasados ou nunca processados: tg-pipeline run os processa.",
)
