"""Small pictures in the report's tables."""

from tg_pipeline.marts.report.cells import Spark


def test_a_year_of_weeks_is_at_most_twice_as_wide_as_a_month_of_weeks() -> None:
    sparks = [Spark((3,) * weeks, 3, "") for weeks in (4, 53)]

    widths = [int(spark.__html__().partition('width="')[2].partition('"')[0]) for spark in sparks]

    assert widths == [32, 64]
