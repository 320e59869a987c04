"""A text that must not be shown: a token, a webhook secret, an address that holds one."""

import hmac


class Secret:
    """A text that prints as stars, so that no log line, page or traceback shows it by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide a text."""
        self._text = text

    def reveal(self) -> str:
        """Give the text itself, for the one call that needs it."""
        return self._text

    def matches(self, offered: str | None) -> bool:
        """Compare in constant time, so that the answer's delay tells nothing of the text."""
        return offered is not None and hmac.compare_digest(_bytes(self._text), _bytes(offered))

    def __repr__(self) -> str:
        """Give stars."""
        return "***"

    def __eq__(self, other: object) -> bool:
        """Equal texts are equal secrets."""
        return isinstance(other, Secret) and self.matches(other.reveal())

    def __hash__(self) -> int:
        """Hash by the text."""
        return hash(self._text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
