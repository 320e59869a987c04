"""What Athena, and the way to it, can have against a request."""


class AthenaError(Exception):
    """What was asked can't be done; the message says what and why, in one sentence."""
