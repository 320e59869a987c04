"""Which of the two forms wakes the build: TG_EVENTS_QUEUE_URL decides."""

import json
import os
import subprocess
import sys
from datetime import timedelta

from tg_pipeline.definitions import defs
from tg_pipeline.defs.sensors import LOOK_EVERY, PAUSE

TOLD = """
import json
from tg_pipeline.definitions import defs
from tg_pipeline.defs.sensors import PAUSE
repository = defs.get_repository_def()
print(json.dumps({
    "schedules": [each.name for each in repository.schedule_defs],
    "sensors": {each.name: each.minimum_interval_seconds for each in repository.sensor_defs},
    "pause": PAUSE.total_seconds(),
    "has_boto3": "boto3" in __import__("sys").modules,
}))
"""


def test_without_a_queue_the_clock_and_listings_do() -> None:
    repository = defs.get_repository_def()

    assert repository.has_schedule_def("daily_updates_schedule")
    assert not repository.has_sensor_def("events_sensor")
    late = repository.get_sensor_def("late_updates_sensor")
    assert late.minimum_interval_seconds == LOOK_EVERY
    assert timedelta() == PAUSE, "it looks at every tick"


def test_with_a_queue_its_sensor_does_and_the_listing_looks_four_times_a_day() -> None:
    queue = {"TG_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/events"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TOLD],
        env=os.environ | queue,
        capture_output=True,
        text=True,
        check=True,
    )

    told = json.loads(done.stdout)
    assert "daily_updates_schedule" not in told["schedules"]
    assert told["sensors"]["events_sensor"] == 30
    assert told["pause"] == 6 * 3600
    assert not told["has_boto3"], "only a turn at the queue waits for its import"
