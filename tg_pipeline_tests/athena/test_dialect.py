"""A query crosses over to Athena's dialect and back with its meaning."""

import pytest

from tg_pipeline.athena.saved_queries import to_athena, to_duckdb

ZONE = "America/Sao_Paulo"


def words(sql: str) -> str:
    """Give a query in one line."""
    return " ".join(sql.split())


def test_the_zone_is_filled_in_where_the_parameter_stood() -> None:
    sql = to_athena("SELECT sent_at AT TIME ZONE $timezone FROM messages", ZONE, {})

    assert words(sql) == "SELECT AT_TIMEZONE(sent_at, 'America/Sao_Paulo') FROM messages"


def test_a_table_is_asked_under_its_other_name() -> None:
    sql = to_athena("SELECT old.a FROM old JOIN b AS old2 USING (a)", ZONE, {"old": "new"})

    assert words(sql) == "SELECT old.a FROM new AS old JOIN b AS old2 USING (a)"


@pytest.mark.parametrize(
    ("athena", "duckdb"),
    [
        ("day_of_week(d)", "ISODOW(d)"),
        ("year_of_week(d)", "EXTRACT(ISOYEAR FROM d)"),
        ("from_unixtime(d)", "TO_TIMESTAMP(d)"),
        ("week(d)", "WEEKOFYEAR(d)"),
    ],
)
def test_calendars_agree_on_both_sides(athena: str, duckdb: str) -> None:
    assert words(to_duckdb(f"SELECT {athena}")) == f"SELECT {duckdb}"
