"""What came by a queue comes out of the layers as if each update had landed alone."""

import json
from typing import Any

from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.lambda_ingest.conftest import SENT, Container, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, queue_event, record

SHOWN = ("update_id", "update_type", "text", "bot_id")


def container_of(pipeline: Pipeline) -> Container:
    return Container(
        {
            "TG_LANDING_URI": pipeline.landing_uri,
            "TELEGRAM_BOT_ID": "7",
            "TELEGRAM_SECRET_TOKEN": SECRET,
        }
    )


def enriched(pipeline: Pipeline) -> list[dict[str, Any]]:
    rows = sorted(pipeline.rows("enriched_updates"), key=lambda row: row["update_id"])
    return [{name: row[name] for name in SHOWN} for row in rows]


def test_the_rows_of_a_batch_come_out(pipeline: Pipeline) -> None:
    # Given a batch of which one message is printed over many lines, and one is a duplicate
    pretty = json.dumps(json.loads(update(6, text="a\nb")), indent=2).encode()
    bodies = [update(5, text="olá 😀"), pretty, update(5, text="olá 😀"), update(7, "poll")]
    container = container_of(pipeline)

    # When it lands twice, and the day is built
    for _ in range(2):
        container.handle(queue_event(*map(record, bodies)))
    built = pipeline.build()

    # Then there is a row for each update
    assert enriched(pipeline) == [
        {"update_id": 5, "update_type": "message", "text": "olá 😀", "bot_id": 7},
        {"update_id": 6, "update_type": "message", "text": "a\nb", "bot_id": 7},
        {"update_id": 7, "update_type": "poll", "text": None, "bot_id": 7},
    ]
    assert (built.raw.lines, built.raw.quarantined.rows, built.deduped.duplicates) == (4, 0, 1)


def test_updates_that_came_by_both_doors_are_one(pipeline: Pipeline) -> None:
    container = container_of(pipeline)
    bodies = [update(n, text=str(n), date=SENT) for n in range(20)]

    container.handle(queue_event(*map(record, bodies[:15])))
    for body in bodies[5:]:
        assert container.handle(http_event(body))["statusCode"] == 200
    pipeline.build()

    assert [row["text"] for row in enriched(pipeline)] == [str(n) for n in range(20)]
