"""The words of who came and went."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MembersWords:
    """Joins and leaves."""

    title: str
    finding: str
    as_many: str
    nothing: str
    label: str
    joined: str
    left: str
    tip: str
    day: str
    net: str
    limit: str


EN: Final = MembersWords(
    title="Members",
    finding="{joins} joined and {leaves} left: {net}.",
    as_many="{joins} joined and as many left.",
    nothing="Nobody joined or left.",
    label="Bar chart: members joined, above the line, and left, below it, from {first} to {last}.",
    joined="joined",
    left="left",
    tip="{when}: {joins} joined, {leaves} left",
    day="From",
    net="Net",
    limit="A bot that is an administrator is told of every change; any other sees only what the "
    "chat announces, which large groups do not.",
)

PT: Final = MembersWords(
    title="Membros",
    finding="Entraram {joins} e saíram {leaves}: {net}.",
    as_many="Entraram {joins} e saíram outros tantos.",
    nothing="Ninguém entrou nem saiu.",
    label="Gráfico de barras: membros que entraram, acima da linha, e que saíram, abaixo, de "
    "{first} a {last}.",
    joined="entraram",
    left="saíram",
    tip="{when}: {joins} entraram, {leaves} saíram",
    day="Desde",
    net="Saldo",
    limit="Um bot administrador sabe de cada mudança; qualquer outro só vê o que o chat anuncia, "
    "e grupos grandes não anunciam.",
)
