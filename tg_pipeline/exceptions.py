"""What the command line says when it can't do what it was asked."""


class AthenaError(Exception):
    """What was asked can't be done; the message says what and why, in one sentence."""


class EventsQueueError(Exception):
    """The queue can't be used; the message says what and why, in one sentence."""


class UnreadableEventError(ValueError):
    """A message is no event that we know how to read; the message says why, in one sentence."""


class CommandError(Exception):
    """A command can't do its work; the message says what and where, in one sentence."""
