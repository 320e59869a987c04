"""What is to go wrong, planned by a test, in the order it was planned."""

from dataclasses import dataclass

from tg_pipeline_tests.telegram_server.answers import Answer


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one call meets instead of its answer: another one, or a connection that drops."""

    answer: Answer | None
    method: str | None = None
    is_done: bool = False
    """The call is done all the same; only its answer is lost."""

    def meets(self, method: str) -> bool:
        """Tell whether it waits for this method; without one, it waits for any."""
        return self.method is None or self.method.lower() == method.lower()


class Troubles:
    """Each trouble is met once."""

    def __init__(self) -> None:
        self._ahead: list[Trouble] = []

    def plan(self, trouble: Trouble, times: int) -> None:
        """Let the next calls meet a trouble."""
        self._ahead.extend([trouble] * times)

    def met_by(self, method: str) -> Trouble | None:
        """Give the trouble that a call meets, and be rid of it."""
        met = next((trouble for trouble in self._ahead if trouble.meets(method)), None)
        if met is not None:
            self._ahead.remove(met)
        return met
