"""docs/privacy.md: both languages say the same, and name every place and command."""

import re
from pathlib import Path
from typing import Final

import pytest

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX
from lambda_ingest.privacy.suppression import FORGOTTEN_PREFIX
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from lambda_ingest.synthetic.replies import REPLIES_PREFIX
from lambda_ingest.writer import CHATS_PREFIX
from tg_pipeline.builds.expired_days import PREFIX as ERASURES
from tg_pipeline.builds.report import REPORT
from tg_pipeline.events.dead_letters import REJECTED_EVENTS
from tg_pipeline.lake.floors import FLOORS_PREFIX
from tg_pipeline.lake.landing_state import PREFIX as LISTINGS
from tg_pipeline.landing.bot_names import BOTS_PREFIX
from tg_pipeline.layers import ALL_LAYERS

PAGE: Final = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
PORTUGUESE, ENGLISH = PAGE.split("\n## ")[1:]

FOLDERS: Final = (
    LANDING_PREFIX,
    REJECTED_PREFIX,
    REPLIES_PREFIX,
    JOURNAL_PREFIX,
    GAPS_PREFIX,
    CHATS_PREFIX,
    BOTS_PREFIX,
    FORGOTTEN_PREFIX,
    FLOORS_PREFIX,
    LISTINGS,
    ERASURES,
    REPORT,
    REJECTED_EVENTS,
)


def code_in(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def links_in(text: str) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", text)


def articles_in(text: str) -> list[list[str]]:
    rows = re.findall(r"^\| ([0-9º, –]+) \|", text, re.MULTILINE)
    return [re.findall(r"[0-9]+", row) for row in rows]


def test_both_languages_name_the_same_places_settings_commands_and_sources() -> None:
    assert code_in(PORTUGUESE) == code_in(ENGLISH)
    assert links_in(PORTUGUESE) == links_in(ENGLISH)
    assert articles_in(PORTUGUESE) == articles_in(ENGLISH)


def test_both_languages_have_the_same_sections_tables_and_lists() -> None:
    for mark in (r"^###", r"^\|", r"^- ", r"^[0-9]\. "):
        counts = [len(re.findall(mark, text, re.MULTILINE)) for text in (PORTUGUESE, ENGLISH)]
        assert counts[0] == counts[1], mark


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_with_data_is_listed(folder: str) -> None:
    assert f"{folder.partition('/')[0]}/" in code_in(ENGLISH)


@pytest.mark.parametrize("table", [layer.name for layer in ALL_LAYERS])
def test_every_layer_is_listed(table: str) -> None:
    assert table in code_in(ENGLISH)
