"""The parameters of marts: usernames, stored or set; the encoder; the operator's topics."""

import json
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from lambda_ingest.settings import SettingsError
from tg_pipeline.builds import parameters
from tg_pipeline.builds.mart_sources import MartDefinition
from tg_pipeline.builds.parameters import mart_parameters
from tg_pipeline.landing.bot_names import write_bot_username
from tg_pipeline.marts.catalog import STORED_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.questions import installed_encoder
from tg_pipeline.settings import Settings


def usernames(landing: MemoryStore, **environment: str) -> dict[str, str]:
    settings = Settings.from_environment(environment, Path("/"))
    found: dict[str, str] = json.loads(mart_parameters(settings, landing).bot_usernames)
    return found


def test_stored_usernames_are_used_and_one_that_is_set_takes_precedence() -> None:
    landing = MemoryStore()
    write_bot_username(landing, 7, "Seven_Bot")
    write_bot_username(landing, 8, "Eight_Bot")
    obstore.put(landing, "bots/9.json", b"no json")

    assert usernames(landing) == {"7": "seven_bot", "8": "eight_bot"}
    assert usernames(landing, TELEGRAM_BOT_ID="8", TELEGRAM_BOT_USERNAME="@New_Bot") == {
        "7": "seven_bot",
        "8": "new_bot",
    }


def parameters_with(**environment: str) -> MartParameters:
    settings = Settings.from_environment(environment, Path("/"))
    return mart_parameters(settings, MemoryStore())


def test_the_encoder_is_used_if_it_is_installed_unless_the_setting_says_no() -> None:
    assert parameters_with().meanings == installed_encoder()
    assert parameters_with(TG_MEANINGS="no").meanings == ""


def test_a_required_encoder_that_is_missing_is_an_error_that_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parameters, "installed_encoder", lambda: "")

    with pytest.raises(SettingsError, match="make install installs"):
        parameters_with(TG_MEANINGS="yes")


def test_topics_are_read_from_a_path_or_a_uri_and_only_questions_depends_on_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "os tópicos.csv"
    file.write_text("topic,question\nPrazo,qual o prazo?\n", "utf-8")

    without, named = parameters_with(), parameters_with(TG_TOPICS=str(file))

    assert parameters_with(TG_TOPICS=file.as_uri()) == named
    stale = {
        mart.name
        for mart in STORED_MARTS
        if MartDefinition.of(mart, without).footer([]) != MartDefinition.of(mart, named).footer([])
    }
    assert stale == {"questions"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"topic,question\nA,\n", "can't be used: Line 2 has no question"),
        (b"\xff", "is not UTF-8"),
        (None, "does not exist"),
    ],
)
def test_a_file_of_topics_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "topics.csv"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError, match=sentence):
        parameters_with(TG_TOPICS=str(file))
