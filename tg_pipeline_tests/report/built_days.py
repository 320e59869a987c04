"""Days of a group chat, landed and built with all layers and marts."""

import atexit
import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import mart_parameters
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.settings import Settings
from tg_pipeline_tests.built_marts import build_marts
from tg_pipeline_tests.conftest import DAY, Pipeline

ZONE = "America/Sao_Paulo"
PARAMETERS = MartParameters(ZONE)
GROUP = {"id": -100, "type": "supergroup", "title": "Turma 3"}
NEXT_DAY = DAY + timedelta(days=1)


def message(number: int, who: str, text: str, day: date = DAY, **more: Any) -> dict[str, Any]:
    """Return an update with a text message, one minute after the one before it."""
    at = datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC) + timedelta(seconds=60 * number)
    user = {"id": 100 + len(who), "is_bot": False, "first_name": who}
    body = {"message_id": number, "date": int(at.timestamp()), "chat": GROUP, "from": user}
    return {"update_id": number, "message": body | {"text": text} | more}


def build(pipeline: Pipeline, *days: date) -> None:
    settings = Settings.from_environment({"TG_TIMEZONE": ZONE, "TG_MEANINGS": "no"}, Path("/"))
    parameters = mart_parameters(settings, pipeline.landing)
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, parameters) as builder:
        build_marts(builder, days)


def land_two_days(pipeline: Pipeline) -> None:
    """Land and build a question with its answer, an unreadable object, and a missing update."""
    shutil.copytree(_two_days(), pipeline.folder, dirs_exist_ok=True)


@cache
def _two_days() -> Path:
    """Return a folder with these days, which this process builds once: that takes a second."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    pipeline = Pipeline(folder)
    command = [{"type": "bot_command", "offset": 0, "length": 6}]
    pipeline.land(
        message(1, "Ana", "como emito o certificado?"),
        message(2, "Beatriz", "é só pedir no site"),
        message(3, "Ana", "obrigada!"),
        message(4, "Ana", "/ajuda", entities=command),
    )
    pipeline.land(
        message(6, "Ana", "<b>oi</b>", NEXT_DAY),
        message(7, "Beatriz", "oi", NEXT_DAY),
        day=NEXT_DAY,
    )
    pipeline.put("9-1.json", b"no json")
    build(pipeline, DAY, NEXT_DAY)
    return folder
