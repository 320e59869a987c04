"""Messages of a day, and builds of all marts."""

from datetime import date
from pathlib import Path
from typing import Any, Final

from tg_pipeline.builds.marts import MartBuilder
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS, STORED_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline_tests.built_marts import rows_of
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
    """Build every mart, and return which of their partitions were written."""
    built = {mart: builder.build_days(mart, days) for mart in DAILY_MARTS}
    built |= {mart: builder.build(mart) for mart in CUMULATIVE_MARTS}
    return {f"{mart.name} {r.partition}": r.is_new for mart, some in built.items() for r in some}


def whole(pipeline: Pipeline, mart: str) -> list[dict[str, Any]]:
    """Return the rows of a cumulative mart."""
    return rows_of(pipeline.lake, next(each for each in ALL_MARTS if each.name == mart))


def files(pipeline: Pipeline) -> dict[Path, bytes]:
    """Return the bytes of all marts' objects."""
    folders = (pipeline.folder / "lake" / mart.name for mart in STORED_MARTS)
    return {path: path.read_bytes() for each in folders for path in each.rglob("*.parquet")}
