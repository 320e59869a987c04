"""Errors shared by several packages; the message of each is one sentence for the user."""


class AthenaError(Exception):
    """Glue or Athena can't be used."""


class EventsQueueError(Exception):
    """The events queue can't be used."""


class UnreadableEventError(ValueError):
    """A message of the events queue is not an event of a known form."""


class CommandError(Exception):
    """A command can't do its work."""
