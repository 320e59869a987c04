"""What users wrote, as it may stand in a message: one line, and nothing in it works as anything."""

import unicodedata
from typing import Final

from tg_pipeline.marts.report.user_text import ISOLATED, SHOWN_CHARACTERS, plain, shorten
from tg_pipeline.telegram.messages import ELLIPSIS, Run, code

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
"""Classes of letters that turn the numbers behind them. https://unicode.org/reports/tr9/."""


def quoted(text: str, most: int = SHOWN_CHARACTERS) -> Run:
    """Give a user's text, at most so many code points of it, as code.

    In code Telegram finds no link, no mention that would call somebody, and no command.
    """
    shown = shorten(plain(text), most) or ELLIPSIS
    turns = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown)
    return code(ISOLATED.format(shown) if turns else shown)
