"""The key of the tombstones is generated once, where only its owner can read it."""

from pathlib import Path

import pytest

from tg_pipeline.exceptions import CommandError
from tg_pipeline.privacy.tombstones import generate_key
from tg_pipeline.settings import Settings


def settings(place: str, home: Path) -> Settings:
    return Settings.from_environment({"TG_LANDING_URI": place}, home)


def test_a_key_is_added_to_the_settings_file_and_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TG_TIMEZONE=UTC")
    place = settings((tmp_path / "landing").as_uri(), tmp_path)

    key = generate_key(place, tmp_path)

    assert file.read_text() == f"TG_TIMEZONE=UTC\nTG_PRIVACY_KEY={key.reveal()}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(key.reveal()) == 64
    assert generate_key(place, tmp_path) == key
    assert list(tmp_path.iterdir()) == [file]


def test_no_key_is_generated_for_a_bucket_that_other_machines_use(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="openssl rand -hex 32"):
        generate_key(settings("s3://bucket", tmp_path), tmp_path)

    assert not (tmp_path / ".env").exists()
