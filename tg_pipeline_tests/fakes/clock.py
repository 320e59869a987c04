"""Time zones for tests that must not run across midnight."""

from datetime import UTC, datetime


def zone_at_noon() -> str:
    """Return a time zone in which it is about noon, so that no day ends while a test runs.

    An update without an event time lands on the day of its arrival, so across midnight on two.
    """
    # In these names, + means west: https://data.iana.org/time-zones/data/etcetera
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
