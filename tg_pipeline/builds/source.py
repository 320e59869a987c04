"""What a partition was built from, as its footer says it."""

from typing import Final

SOURCE: Final = "built_from"
"""The footer's name for it."""

NOTHING: Final = "0:0:0"
"""The fingerprint of a day on which nothing landed, and of one that was never built."""
