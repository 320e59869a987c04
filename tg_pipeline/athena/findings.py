"""What is in AWS beside what is declared, and what is done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How something in AWS stands to its declaration."""

    AS_DECLARED = "as declared"
    MISSING = "missing"
    DIFFERENT = "different"

    @property
    def mended(self) -> str:
        """Say what was done about it."""
        return {State.MISSING: "made", State.DIFFERENT: "brought up to date"}.get(self, self.value)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is declared, and how it was found."""

    what: str
    """Its kind and name, for people."""

    state: State
    differences: tuple[str, ...] = ()
    mend: Callable[[], None] = lambda: None
    """Makes it as declared."""

    @property
    def is_drift(self) -> bool:
        """Say whether there is something to do."""
        return self.state is not State.AS_DECLARED
