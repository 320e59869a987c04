"""The source columns of each mart's columns are parsed from its query."""

from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.lineage import CONTEXT_DATE, column_origins
from tg_pipeline.marts.mart import Mart


def test_the_origins_of_a_column_exist(mart: Mart) -> None:
    known = {source.name: {*source.schema.names, CONTEXT_DATE} for source in mart.sources}
    for name, origins in column_origins(mart).items():
        assert name in mart.columns
        assert all(column in known[table] for table, column in origins)


def test_a_column_has_its_source_columns() -> None:
    origins = {mart.name: column_origins(mart) for mart in ALL_MARTS}

    assert origins["messages"]["text"] == [
        ("enriched_updates", "caption"),
        ("enriched_updates", "text"),
    ]
    assert origins["retention"]["cohort_week"] == [("user_activity", CONTEXT_DATE)]
