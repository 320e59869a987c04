"""The words of the most active users."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class UsersWords:
    """Who does most."""

    title: str
    finding: str
    nothing: str
    caption: str
    name: str
    messages: str
    days: str
    limit: str


EN: Final = UsersWords(
    title="Most active people",
    finding="The {number} most active write {share} of what people write.",
    nothing="Nobody was active.",
    caption="People by messages, and the days on which they were active",
    name="Person",
    messages="Messages",
    days="Days",
    limit="Whoever writes as a channel, or as an anonymous administrator, is nobody in particular "
    "and not counted.",
)

PT: Final = UsersWords(
    title="Pessoas mais ativas",
    finding="Das mensagens das pessoas, {share} são das mais ativas ({number}).",
    nothing="Ninguém esteve ativo.",
    caption="Pessoas por mensagens, e os dias em que estiveram ativas",
    name="Pessoa",
    messages="Mensagens",
    days="Dias",
    limit="Quem escreve como canal, ou como administrador anônimo, não é ninguém em particular e "
    "não conta.",
)
