"""A landing zone with a person in every kind of object, and a search that shares no code."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import obstore
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from lambda_ingest.landing import LANDING_PREFIX, classify
from lambda_ingest.landing import TrustLevel as Trust
from lambda_ingest.privacy.suppression import read_tombstones
from lambda_ingest.settings import Secret
from lambda_ingest.store import put_if_absent
from lambda_ingest.synthetic.bot_calls import BotCall, CallSource, bot_call_lines
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import publish_page
from tg_pipeline.landing.zone import list_days
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.privacy.forget import (
    ForgetPlaces,
    ForgetResult,
    ForgetTools,
    forget,
    identify,
)
from tg_pipeline.privacy.search import Finding
from tg_pipeline.privacy.traces import Traces
from tg_pipeline.privacy.versions import VersionedBucket
from tg_pipeline_tests.conftest import BOT, DAY, TIMEZONE, BuiltDay, Pipeline

KEY: Final = Secret("a-key-of-thirty-two-characters-or-more")
ID, USERNAME, NAME = 5_000_000_123, "ana_ribeiro", "Ana Ribeiro"
ANA: Final = {
    "id": ID,
    "is_bot": False,
    "first_name": "Ana",
    "last_name": "Ribeiro",
    "username": USERNAME,
}
BETO: Final = {"id": 50_000_001_234, "is_bot": False, "first_name": "Beto", "username": "beto_f"}
"""His id contains that of Ana, as digits."""
GROUP: Final = {"id": -100500, "type": "supergroup", "title": "Turma"}
CONFESSION: Final = "tenho uma consulta médica na terça"
NOON: Final = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=15)
REPLY: Final = "Boa consulta!"


def message(update_id: int, sender: dict[str, Any], **content: Any) -> dict[str, Any]:
    envelope = {"message_id": update_id, "from": sender, "chat": GROUP, "date": seconds(update_id)}
    return {"update_id": update_id, "message": envelope | content}


def seconds(update_id: int) -> int:
    return int((NOON + timedelta(seconds=update_id)).timestamp())


HERS: Final = message(1, ANA, text=CONFESSION)
QUOTED: Final = message(2, BETO, text="boa sorte", reply_to_message=HERS["message"])
MENTIONED: Final = message(
    3,
    BETO,
    text=f"cadê @{USERNAME}?",
    entities=[{"type": "mention", "offset": 5, "length": len(USERNAME) + 1}],
)
UNRELATED: Final = message(4, BETO, text="bom dia")
IN_A_BATCH: Final = [
    message(5, ANA, text="em lote também"),
    message(6, BETO, text="eu não"),
    message(7, ANA, text="e mais uma linha"),
    message(8, BETO, text="nem eu", reply_to_message=HERS["message"]),
]
POLL: Final = {
    "id": "5000",
    "question": "qual consulta devo marcar antes?",
    "options": [{"text": "a consulta da terça-feira", "voter_count": 0}],
    "total_voter_count": 0,
}
ASKED: Final = message(10, ANA, poll=POLL)
VOTED: Final = {"update_id": 11, "poll": POLL}
"""What Telegram sends after a vote: nobody is named in it."""
UPDATES: Final = [HERS, QUOTED, MENTIONED, UNRELATED, ASKED, VOTED]
TOLD: Final = "a médica atende na terça"
"""What the bot wrote to her, and quoted in the group."""
TRACES: Final = (
    *(str(ID), USERNAME, NAME, CONFESSION, "em lote também", "e mais uma linha", REPLY),
    *("qual consulta devo marcar antes?", "a consulta da terça-feira", TOLD),
)


def _calls() -> Iterator[bytes]:
    """Yield the lines of the bot's calls: to her, and about her in the group."""
    private = {"id": ID, "type": "private", "first_name": "Ana", "last_name": "Ribeiro"}
    answer = {"message_id": 20, "date": seconds(20), "chat": private, "text": TOLD}
    params: list[dict[str, Any]] = [{"chat_id": str(ID), "text": TOLD}] * 2
    quoting = {
        "chat_id": GROUP["id"],
        "text": f"@{USERNAME}: sim",
        "reply_parameters": {"quote": TOLD},
    }
    results = [answer, None, None]
    for number, (sent, result) in enumerate(zip([*params, quoting], results, strict=True)):
        called_at = NOON + timedelta(seconds=20 + number)
        identity = b"%d" % number
        yield from bot_call_lines(
            BotCall("sendMessage", sent, CallSource.PROXY, called_at, identity, result=result)
        )


CALLS: Final = list(_calls())
TO_HER, TO_HER_TOO, ABOUT_HER = (json.loads(line)["update_id"] for line in CALLS)


def fill(pipeline: Pipeline) -> None:
    """Land the person in every way, and build the day, with a page about her."""
    for update in UPDATES:
        put(pipeline, f"{BOT}-{update['update_id']}.json", update)
    lines = [json.dumps(each).encode() for each in IN_A_BATCH]
    pipeline.land_batch("batch", *lines, arrived_at=NOON)
    pipeline.put(f"{BOT}-9.json", b'{"update_id": 9, "message": {"from": %d' % ID, arrived_at=NOON)
    rejected = classify(
        json.dumps([HERS]).encode(),
        bot_id=BOT,
        arrived_at=NOON,
        zone=UTC,
        trust=Trust.NETWORK,
    )
    put_if_absent(pipeline.landing, rejected.key, rejected.body, NOON)
    for line in CALLS:
        pipeline.put(f"{BOT}-{json.loads(line)['update_id']}.json", line, arrived_at=NOON)
    reply = json.dumps({"method": "sendMessage", "chat_id": -100500, "text": REPLY}).encode()
    put_if_absent(pipeline.landing, f"replies/context_date={DAY}/{BOT}-1.json", reply)
    build(pipeline)
    publish_page(pipeline.lake, "en", f"<p>{NAME}: {CONFESSION}</p>")


def put(pipeline: Pipeline, name: str, update: dict[str, Any]) -> None:
    pipeline.put(name, json.dumps(update, ensure_ascii=False).encode(), arrived_at=NOON)


def build(pipeline: Pipeline) -> list[BuiltDay]:
    """Build the stale days as `run` does, and the page."""
    parameters = LayerParameters(TIMEZONE, read_tombstones(pipeline.landing, KEY))
    days = sorted({*list_days(pipeline.landing), *pipeline.lake.days(RAW_UPDATES.name)})
    states = pipeline.states(*days, parameters=parameters)
    built = [pipeline.build(state.day, parameters=parameters) for state in states if state.is_stale]
    publish_page(pipeline.lake, "en", "<p>built</p>")
    return built


class NoHistory:
    """A Dagster without runs."""

    def purge(self, _traces: Traces, *, is_final: bool) -> int:
        return 0 * is_final

    def count_runs(self, _traces: Traces) -> int:
        return 0

    def search(self, _traces: Traces) -> list[Finding]:
        return []


@contextmanager
def no_bar(_name: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _: None


def places_of(pipeline: Pipeline) -> ForgetPlaces:
    return ForgetPlaces(
        landing=pipeline.landing,
        lake=pipeline.lake,
        history=NoHistory(),
        build=lambda: build(pipeline),
        state_folder=pipeline.folder / "state",
        line_files=(pipeline.folder / "state" / "sql_history",),
    )


def forget_ana(  # noqa: PLR0913 - one parameter per variation
    pipeline: Pipeline,
    on_step: Callable[[str], None] = lambda _: None,
    *,
    sleep: Callable[[float], None] = lambda _: None,
    user_id: int = ID,
    usernames: frozenset[str] = frozenset(),
    results: VersionedBucket | None = None,
) -> ForgetResult:
    tools = ForgetTools(now=lambda: datetime.now(UTC), sleep=sleep, bar=no_bar, on_step=on_step)
    places = replace(places_of(pipeline), results=results)
    return forget(places, identify(places, user_id, usernames, tools), KEY, tools)


def places_with(store: ObjectStore, words: tuple[str, ...] = TRACES) -> list[str]:
    """Return the objects of a store that hold any of some words."""
    keys = [meta["path"] for page in obstore.list(store) for meta in page]
    bodies = ((key, obstore.get(store, key).bytes().to_bytes()) for key in keys)
    return [key for key, body in bodies if holds(key, body, words)]


def files_with(folder: Path, words: tuple[str, ...] = TRACES) -> list[str]:
    """Return the files below a folder that hold any of some words."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [str(path) for path in files if holds(path.name, path.read_bytes(), words)]


def holds(name: str, body: bytes, words: tuple[str, ...] = TRACES) -> bool:
    content = body
    if name.endswith(".parquet"):
        rows = pq.read_table(BytesIO(body)).to_pylist()
        content += "\n".join(text for row in rows for text in map(str, row.values())).encode()
        content += b"\n".join(v for row in rows for v in row.values() if isinstance(v, bytes))
    if name.endswith(".gz"):
        content += gzip.decompress(body)
    if body.startswith(b'{"reason": '):
        content += base64.b64decode(json.loads(body)["body_base64"])
    text = content.decode("utf-8", "replace").lower()
    # Another person's longer id is not hers.
    text = text.replace(str(BETO["id"]), "")
    escaped = [json.dumps(word)[1:-1] for word in words]
    return any(word.lower() in text for word in (*words, *escaped))


def landed_keys(pipeline: Pipeline) -> list[str]:
    found = obstore.list(pipeline.landing, LANDING_PREFIX).collect()
    return sorted(meta["path"].rpartition("/")[2] for meta in found)
