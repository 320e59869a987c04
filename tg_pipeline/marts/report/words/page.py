"""The words around the sections."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PageWords:
    """What the page says of itself."""

    kind: str
    title: str
    skip: str
    contents: str
    figures: str
    numbers: str
    no_charts: str
    source: str
    last_landed: str
    nothing_landed: str
    nothing_landed_lead: str
    nothing_happened: str
    not_built: str
    bar: str
    somebody: str
    user: str
    footer: str


EN: Final = PageWords(
    kind="Telegram bot, report",
    title="Bot report, {span}",
    skip="Skip to the report",
    contents="Sections",
    figures="Headline figures",
    numbers="The numbers",
    no_charts="The charts can't be drawn in this browser. Their numbers stand in the tables below.",
    source="Days and hours are those of {zone}.",
    last_landed="The newest update landed on {moment}.",
    nothing_landed="Nothing has landed yet",
    nothing_landed_lead="The lake is empty: no update of the bot has been landed and built.",
    nothing_happened="Nothing happened in this period: no message, no reaction, nobody came or "
    "went.",
    bar="As a bar",
    not_built="The tables that this report is made of are not built yet: tg-pipeline run builds "
    "them.",
    somebody="no name",
    user="Person {number}",
    footer="All figures come from the tables of the lake, and this page loads nothing: it can be "
    "kept, mailed and read offline. It may hold names and words of users.",
)

PT: Final = PageWords(
    kind="Bot do Telegram, relatório",
    title="Relatório do bot, {span}",
    skip="Ir para o relatório",
    contents="Seções",
    figures="Números principais",
    numbers="Os números",
    no_charts="Este navegador não desenha os gráficos. Os números deles estão nas tabelas abaixo.",
    source="Dias e horas são os de {zone}.",
    last_landed="A atualização mais nova chegou em {moment}.",
    nothing_landed="Ainda não chegou nada",
    nothing_landed_lead="O lake está vazio: nenhuma atualização do bot foi recebida e processada.",
    nothing_happened="Nada aconteceu neste período: nenhuma mensagem, nenhuma reação, ninguém "
    "entrou ou saiu.",
    bar="Em barra",
    not_built="As tabelas de que este relatório é feito ainda não foram processadas: "
    "tg-pipeline run as processa.",
    somebody="sem nome",
    user="Pessoa {number}",
    footer="Todos os números vêm das tabelas do lake, e esta página não carrega nada: pode ser "
    "guardada, enviada e lida sem internet. Ela pode conter nomes e palavras de usuários.",
)
