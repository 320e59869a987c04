"""A loss is seen, also one that an earlier build is to blame for."""

import pyarrow.parquet as pq

from tg_pipeline.builds.layers import raw_conservation
from tg_pipeline_tests.conftest import DAY, Pipeline


def test_a_day_that_is_whole_is_in_balance(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1}, {"update_id": 2})
    pipeline.put("garbage.json", b"{")

    balance = raw_conservation(DAY, pipeline.build().raw)

    assert balance.holds
    assert (balance.input_rows, balance.output_rows) == (3, 3)


def test_rows_that_went_missing_earlier_are_missed(pipeline: Pipeline) -> None:
    # Given a day whose raw_updates has lost the rows of an object
    pipeline.land({"update_id": 1}, {"update_id": 2})
    pipeline.build()
    path = pipeline.folder / "lake" / "raw_updates" / f"context_date={DAY}" / "part-0.parquet"
    footer = {k: v for k, v in pq.read_metadata(path).metadata.items() if k == b"built_from"}
    table = pq.read_table(path)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table.slice(0, 1))
        writer.add_key_value_metadata(footer)

    # When the day is built, and nothing new has landed
    balance = raw_conservation(DAY, pipeline.build().raw)

    # Then the loss is seen
    assert not balance.holds
