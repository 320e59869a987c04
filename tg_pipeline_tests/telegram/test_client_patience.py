"""A command that a person looks at waits out a 429, within reason."""

from dataclasses import dataclass, field

import pytest

from tg_pipeline.telegram.errors import ServerFailedError, TooManyRequestsError
from tg_pipeline.telegram.messages import RateLimitRetry


@dataclass
class Person:
    """Somebody who waits, and is told why."""

    waited: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def patience(self) -> RateLimitRetry:
        return RateLimitRetry(self.waited.append, self.told.append)


class Calls:
    """A call that is refused as often as there are waits."""

    def __init__(self, *waits: float) -> None:
        self.waits, self.count = list(waits), 0

    def __call__(self) -> str:
        self.count += 1
        if self.waits:
            wait = self.waits.pop(0)
            raise TooManyRequestsError(f"Wait {wait} s.", wait)
        return "done"


def test_what_is_not_refused_is_called_once() -> None:
    person, call = Person(), Calls()

    assert person.patience.call(call) == "done"
    assert (call.count, person.waited, person.told) == (1, [], [])


def test_it_waits_as_long_as_telegram_asks_and_says_so() -> None:
    person = Person()

    assert person.patience.call(Calls(3, 1)) == "done"
    assert person.waited == [3, 1]
    assert person.told == ["Wait 3 s. Waiting.", "Wait 1 s. Waiting."]


def test_a_long_wait_is_told_instead() -> None:
    person, call = Person(), Calls(31)

    with pytest.raises(TooManyRequestsError):
        person.patience.call(call)
    assert (call.count, person.waited) == (1, [])


def test_waits_that_add_up_to_a_long_one_are_told_instead() -> None:
    person = Person()

    with pytest.raises(TooManyRequestsError):
        person.patience.call(Calls(20, 20))
    assert person.waited == [20]


def test_it_does_not_go_on_for_ever() -> None:
    person, call = Person(), Calls(*[0] * 10)

    with pytest.raises(TooManyRequestsError):
        person.patience.call(call)
    assert call.count == 3


def test_other_failures_are_not_waited_out() -> None:
    def call() -> None:
        raise ServerFailedError("no")

    person = Person()

    with pytest.raises(ServerFailedError):
        person.patience.call(call)
    assert person.waited == []
