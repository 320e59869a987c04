"""Messages of a day, and builds of all marts."""

from datetime import date
from pathlib import Path
from typing import Any, Final

from tg_pipeline.builds.marts import MartBuilder
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline_tests.conftest import Pipeline

ZONE: Final = "America/Sao_Paulo"
PARAMETERS: Final = MartParameters(ZONE)
NINE: Final = 1_791_374_400
"""9:00 on DAY in São Paulo, in Unix seconds."""


def said(number: int, text: str = "como faço isso?", **fields: Any) -> dict[str, Any]:
    person = {"id": number % 3 + 1, "is_bot": False, "first_name": "Ana"}
    chat = {"id": -100, "type": "supergroup", "title": "Turma"}
    content = {"message_id": number, "date": NINE + number, "from": person, "chat": chat}
    return {"update_id": number, "message": content | {"text": text} | fields}


def build_all(builder: MartBuilder, *days: date) -> dict[str, bool]:
    """Build every mart, and return which were written."""
    wanted: list[tuple[Mart, date | None]] = [(mart, day) for mart in DAILY_MARTS for day in days]
    wanted += [(mart, None) for mart in CUMULATIVE_MARTS]
    return {f"{mart.name} {day}": builder.build(mart, day).is_new for mart, day in wanted}


def whole(pipeline: Pipeline, mart: str) -> list[dict[str, Any]]:
    """Return the rows of a cumulative mart."""
    with pipeline.lake.open(mart, None) as partition:
        return [row for batch in partition.batches() for row in batch.to_pylist()]


def files(pipeline: Pipeline) -> dict[Path, bytes]:
    """Return the bytes of all marts' objects."""
    folders = (pipeline.folder / "lake" / mart.name for mart in ALL_MARTS)
    return {path: path.read_bytes() for each in folders for path in each.rglob("*.parquet")}
