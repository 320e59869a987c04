"""The other side: the same marts and the same facts, as one writes them with pandas."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
from marts_meter import DRAWING, FACTS, FINDING, READING, Meter, Side
from million_messages import PERIOD, ZONE
from pandas_marts import activity, answers, content, messages, people, questions, threads
from pandas_marts.reading import read_updates
from pandas_marts.report import report_facts

import tg_pipeline.marts.questions.naming  # noqa: F401 - before it is measured
from tg_pipeline.marts.questions import find_questions
from tg_pipeline.report.report import render_report

PANDAS: Final = "pandas"
"""The folder beside the lake."""

Frames = dict[str, pd.DataFrame]
"""The updates, and the marts so far, by name."""

NULLABLE: Final = {pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype()}
"""As the updates are read: no id becomes a fraction because another one is missing."""

Make = Callable[[Frames], pd.DataFrame]


def build_pandas(folder: Path) -> Side:
    """Make all marts of the lake in `folder`, write each to a file beside it, and the report."""
    meter, frames = Meter(), Frames()
    target = folder / PANDAS
    target.mkdir(exist_ok=True)
    with meter.stage(READING):
        frames["updates"] = read_updates(folder / "lake")
    for name, make in _makers(meter).items():
        with meter.stage(name):
            frames[name] = make(frames)
            frames[name].to_parquet(target / f"{name}.parquet", index=False)
    with meter.stage(FACTS):
        facts = report_facts(frames, PERIOD, ZONE.key)
    with meter.stage(DRAWING):
        render_report(facts, "en")
    return meter.side(facts)


def _makers(meter: Meter) -> dict[str, Make]:
    zone = ZONE.key
    return {
        "daily_activity": lambda known: activity.daily_activity(known["updates"]),
        "hourly_activity": lambda known: activity.hourly_activity(known["updates"], zone),
        "user_activity": lambda known: activity.user_activity(known["updates"]),
        "commands": lambda known: content.commands(known["updates"]),
        "content_mix": lambda known: content.content_mix(known["updates"]),
        "reactions": lambda known: content.reactions(known["updates"]),
        "members": lambda known: content.members(known["updates"]),
        "active_users": lambda known: people.active_users(known["user_activity"]),
        "retention": lambda known: people.retention(known["user_activity"]),
        "messages": lambda known: messages.messages(known["updates"], zone),
        "questions": partial(_find, meter),
        "frequent_questions": lambda known: questions.frequent_questions(known["questions"], zone),
        "threads": lambda known: threads.threads(known["messages"], known["questions"]),
        "response_times": lambda known: answers.response_times(known["threads"]),
        "resolution": lambda known: answers.resolution(known["messages"], known["threads"]),
    }


def _find(meter: Meter, known: Frames) -> pd.DataFrame:
    asked = pa.Table.from_pandas(questions.asked(known["messages"]), preserve_index=False)
    with meter.stage(FINDING):
        found = find_questions(asked)
    return found.to_pandas(types_mapper=NULLABLE.get)
