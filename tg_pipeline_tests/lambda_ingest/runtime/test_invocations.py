"""The genuine runtime client of AWS runs the Lambda, invocation after invocation."""

import json
import random
from collections.abc import Callable
from pathlib import Path

from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.conftest import stored
from tg_pipeline_tests.lambda_ingest.events import (
    http_event,
    in_base64,
    queue_event,
    record,
    rest_event,
)
from tg_pipeline_tests.lambda_ingest.runtime.conftest import Runtime

LANDED = {"statusCode": 200, "headers": {}, "body": "", "isBase64Encoded": False}
MEBIBYTE = 1024 * 1024


def body_of(update_id: int, text: str = "olá") -> bytes:
    update = {"update_id": update_id, "poll": {"id": "1", "question": text}}
    return json.dumps(update, ensure_ascii=False).encode()


def bodies_in(folder: Path) -> list[bytes]:
    return list(stored(open_store(folder.as_uri())).values())


def test_three_thousand_updates_and_their_retries_land_once_each(
    start: Callable[..., Runtime], folder_in_memory: Path
) -> None:
    # Given updates of which every tenth is sent twice, in some order, by either gateway
    chance = random.Random(5)  # noqa: S311 - any order will do
    bodies = [body_of(number) for number in range(2_700)]
    sent = bodies + bodies[::9]
    chance.shuffle(sent)

    # When a container is invoked with one after the other
    runtime = start(TG_LANDING_URI=folder_in_memory.as_uri())
    answers = runtime.api.invoke_all(chance.choice([http_event, rest_event])(body) for body in sent)

    # Then all were answered, each landed once, and there is a line of log for each
    assert len(sent) == 3_000
    assert answers == [LANDED] * 3_000
    assert sorted(bodies_in(folder_in_memory)) == sorted(bodies)
    lines = runtime.lines()
    assert len(lines) == 3_000
    assert sum(line["landed"] for line in lines) == 2_700
    assert sum(line["duplicate"] for line in lines) == 300


def test_a_text_of_any_script_lands_as_it_came(runtime: Runtime, landing_folder: Path) -> None:
    bodies = [
        body_of(1, "olá 😀 \u2028 \x00 日本語 עברית"),
        b'{"update_id": 2, "poll": {"question": "\\ud83d"}}',
        body_of(3, "x" * (MEBIBYTE - len(body_of(3, "")))),
        body_of(4, "😀" * 200_000),
    ]

    answers = runtime.api.invoke_all(
        [in_base64(http_event(body)) for body in bodies[:2]]
        + [http_event(body) for body in bodies[2:]]
    )

    assert answers == [LANDED] * 4
    assert sorted(bodies_in(landing_folder)) == sorted(bodies)


def test_a_body_of_more_than_a_mebibyte_is_refused(runtime: Runtime, landing_folder: Path) -> None:
    answer = runtime.api.invoke(in_base64(http_event(b"x" * (MEBIBYTE + 1))))

    assert answer["statusCode"] == 413
    assert bodies_in(landing_folder) == []


def test_a_batch_of_a_queue_lands_too(runtime: Runtime, landing_folder: Path) -> None:
    batch = queue_event(*(record(body_of(number), f"m{number}") for number in range(50)))

    assert runtime.api.invoke_all([batch, batch]) == [{"batchItemFailures": []}] * 2

    assert len(bodies_in(landing_folder)) == 1
    assert [(line["landed"], line["duplicate"]) for line in runtime.lines()] == [(50, 0), (0, 50)]
