"""The task of DailyBuild=Fargate: two at once, and killed in five nights."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.staleness import last_scheduled_day
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.writer import Delivery, land_all
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.conftest import BOT, Pipeline
from tg_pipeline_tests.fakes.clock import zone_at_noon
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.s3.failing_proxy import FailingProxy
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.integration.object_stores.daily_task.task import (
    RunningTask,
    TaskImage,
    Tasks,
)
from tg_pipeline_tests.integration.object_stores.end_to_end import contents
from tg_pipeline_tests.integration.object_stores.tier import S3Server

DAYS, A_DAY = 3, 30
NIGHTS, SEED = 5, 20_261_129
REQUESTS = 300
"""Fewer than a task makes that has something to build, so that each is killed before its end."""

CHAT: Final = "-1001234567890"

pytestmark = [pytest.mark.slow, pytest.mark.tiers("moto", "ceph")]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> TaskImage:
    return TaskImage.make(tmp_path_factory.mktemp("image"))


@dataclass
class Watch:
    """Sees each request, and acts at one of them."""

    seen: Counter[str] = field(default_factory=Counter)
    at: int | None = None
    act: Callable[[], None] = lambda: None

    def __call__(self, request: web.Request) -> bool:
        self.seen["listings" if "list-type" in request.query else "others"] += 1
        if self.seen.total() == self.at:
            self.act()
        return False


@dataclass(frozen=True)
class Stack:
    """A landing zone with some days, and tasks that reach it through a proxy."""

    pipeline: Pipeline
    root: str
    tasks: Tasks
    zone: str
    watch: Watch

    @property
    def last(self) -> date:
        return last_scheduled_day(datetime.now(UTC), ZoneInfo(self.zone))

    def days(self) -> list[date]:
        return [self.last - timedelta(days=back) for back in reversed(range(DAYS))]

    def land_sample(self) -> None:
        zone = ZoneInfo(self.zone)
        writer = LandingWriter(self.pipeline.landing, BOT, zone, TrustLevel.OPERATOR)
        made = deliveries(self.days()[0], DAYS, A_DAY, seed=1, zone=zone)
        found = [Delivery(each.body, each.arrived_at.astimezone(UTC), "sample") for each in made]
        assert len(list(land_all(writer, found))) > DAYS

    def land_late(self, number: int, day: date) -> None:
        at = datetime.combine(day, time(12), ZoneInfo(self.zone))
        chat = {"id": -100, "type": "supergroup", "title": "late"}
        sender = {"id": number, "is_bot": False, "first_name": "Ana"}
        message = {"message_id": number, "date": int(at.timestamp()), "chat": chat, "from": sender}
        update = {"update_id": 900_000_000 + number, "message": message | {"text": "cheguei?"}}
        self.pipeline.land(update, day=day)

    def run(self, *options: str, lake: str = "lake", further: Mapping[str, str] = {}) -> str:
        code, written = self.tasks.start(self.root, lake, *options, further=further).wait()
        assert code == 0, written
        return written

    def lake(self, name: str = "lake") -> dict[str, bytes]:
        """Return the objects of a lake, but the keys of the digest."""
        found = contents(Lake(f"{self.root}/{name}").store)
        return {key: body for key, body in found.items() if not key.startswith("digests/")}


@pytest.fixture
def stack(
    new_root: Callable[[], str], server: S3Server, image: TaskImage, tmp_path: Path
) -> Iterator[Stack]:
    root, zone, watch = new_root(), zone_at_noon(), Watch()
    pipeline = Pipeline(tmp_path, root)
    start_date = last_scheduled_day(datetime.now(UTC), ZoneInfo(zone)) - timedelta(days=DAYS)
    parameters = {"Timezone": zone, "StartDate": start_date.isoformat()}
    before = image.files()
    proxy = FailingProxy(server.address, Random(SEED), 0, iter(()), watch)  # noqa: S311 - a seed
    with Loopback(proxy.application) as site:
        settings = server.settings | {"AWS_ENDPOINT_URL": site.url}
        tasks = Tasks(image, tmp_path, settings, parameters)
        made = Stack(pipeline, root, tasks, zone, watch)
        made.land_sample()
        yield made
    assert image.files() == before, "the task wrote outside of its temporary folder"


def test_two_tasks_at_once_have_the_bytes_of_one_and_post_one_digest(stack: Stack) -> None:
    # Given the lake of one task
    stack.run(lake="of-one")

    # When two others build the same days in another lake at the same time, with a digest to post
    with TelegramServer() as telegram:
        posting = {
            "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TG_ADMIN_CHAT_ID": CHAT,
            "TG_DIGEST": "day",
        }
        both = [stack.tasks.start(stack.root, further=posting) for _ in range(2)]
        ended = [each.wait() for each in both]
        said = stack.run(further=posting)
        messages = telegram.messages

    # Then both succeed, the bytes are the same, the digest is in the chat once,
    assert [code for code, _ in ended] == [0, 0], ended
    assert stack.lake() == stack.lake("of-one")
    assert [each.method for each in messages] == ["sendMessage", "sendPhoto"]
    # and nothing is left to do
    assert said == "Nothing is due.\n"


def test_after_five_nights_of_killed_tasks_the_next_one_has_the_bytes_of_an_undisturbed_build(
    stack: Stack,
) -> None:
    random = Random(SEED)  # noqa: S311 - a seed

    # Given nights in which something lands on a day, and the task is killed at any of its requests
    codes = []
    for night in range(1, NIGHTS + 1):
        stack.land_late(night, random.choice(stack.days()))
        codes.append(kill_at(stack, random.randint(1, REQUESTS)))
    assert codes == [-9] * NIGHTS

    # When nothing disturbs the next one
    said = stack.run()

    # Then all is built, with the bytes of a build that was never disturbed
    assert "Built " in said
    stack.run(lake="undisturbed")
    assert stack.lake() == stack.lake("undisturbed")
    assert stack.run() == stack.run("--recent") == "Nothing is due.\n"


def kill_at(stack: Stack, request: int) -> int:
    """Start a task, kill it at one of its requests, and return its exit code."""
    started: list[RunningTask] = []
    stack.watch.seen.clear()
    stack.watch.at, stack.watch.act = request, lambda: started[0].kill()  # noqa: PLW0108 - not started yet
    started.append(stack.tasks.start(stack.root))
    code, _ = started[0].wait()
    stack.watch.at = None
    return code
