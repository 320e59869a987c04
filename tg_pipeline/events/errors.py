"""What can be wrong with the queue, and with a message of it."""


class EventsQueueError(Exception):
    """The queue can't be used; the message says what and why, in one sentence."""


class UnreadableEventError(ValueError):
    """A message is no event that we know how to read; the message says why, in one sentence."""
