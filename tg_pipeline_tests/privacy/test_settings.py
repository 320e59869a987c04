"""Settings about people's data: valid values, and one sentence about others."""

from pathlib import Path

import pytest

from lambda_ingest.settings import SettingsError
from tg_pipeline.settings import KeepDays, PrivacySettings, Settings

KEY = {"TG_PRIVACY_KEY": "0123456789abcdef0123456789abcdef"}


def read(**environment: str) -> PrivacySettings:
    return Settings.from_environment(environment, Path("/")).privacy


def test_by_default_all_is_kept_and_nobody_is_shown() -> None:
    assert read() == PrivacySettings(
        has_pseudonyms=False, drops_text=False, shows_previews=False, keep_days=KeepDays()
    )


@pytest.mark.parametrize(("spelling", "expected"), [("yes", True), ("on", True), ("off", False)])
def test_pseudonyms_are_switched_by_yes_or_on(spelling: str, *, expected: bool) -> None:
    assert read(TG_PSEUDONYMS=spelling, **KEY).has_pseudonyms is expected


@pytest.mark.parametrize("place", ["landing", "enriched"])
def test_texts_are_dropped_from_enriched_updates_wherever_dropping_begins(place: str) -> None:
    assert read(TG_DROP_TEXT=place).drops_text


def test_days_are_kept_by_group_of_tables() -> None:
    kept = read(TG_KEEP_DAYS_LANDING="30", TG_KEEP_DAYS_MARTS="1").keep_days

    assert kept == KeepDays(landing=30, marts=1)
    assert kept.of_history == 30
    assert read(TG_KEEP_DAYS_HISTORY="7", TG_KEEP_DAYS_RAW="9").keep_days.of_history == 7
    assert KeepDays().of_history is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TG_PSEUDONYMS": "yes"}, "TG_PSEUDONYMS needs TG_PRIVACY_KEY"),
        ({"TG_PSEUDONYMS": "true", **KEY}, "TG_PSEUDONYMS is neither"),
        ({"TG_DROP_TEXT": "raw"}, "TG_DROP_TEXT"),
        ({"TG_PREVIEWS": "1"}, "TG_PREVIEWS is neither"),
        *(
            ({"TG_KEEP_DAYS_RAW": text}, "TG_KEEP_DAYS_RAW is not a number of days")
            for text in ("0", "-1", "1.5", "ten", "100000", "007", " 7")
        ),
    ],
    ids=str,
)
def test_other_values_are_refused_by_name(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as error:
        read(**environment)

    assert KEY["TG_PRIVACY_KEY"] not in str(error.value)
