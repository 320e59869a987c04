"""Days as people type them."""

from datetime import date, timedelta

from tg_pipeline.cli.errors import CommandError


def parse_day(text: str, today: date) -> date:
    """Read a day: YYYY-MM-DD, `today` or `yesterday`."""
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return named.get(text) or date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day: write YYYY-MM-DD, today or yesterday.") from None


def parse_span(first: str | None, last: str | None, today: date) -> tuple[date, date] | None:
    """Read `--from` and `--to`, which only make sense together; None where neither is given."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise CommandError("--from and --to belong together: give both.")
    span = parse_day(first, today), parse_day(last, today)
    if span[0] > span[1]:
        raise CommandError(f"--from {span[0]} is later than --to {span[1]}.")
    return span
