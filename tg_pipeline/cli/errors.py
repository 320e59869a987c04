"""What the command line says when it can't do what it was asked."""


class CommandError(Exception):
    """A command can't do its work; the message says what and where, in one sentence."""
