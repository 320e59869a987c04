"""A name that can't be read is reported, and costs no other object and no other day."""

import os
from datetime import date
from pathlib import Path

import pytest
from obstore.store import LocalStore

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import (
    bot_id_of,
    list_days,
    list_objects,
    list_odd_folders,
)
from tg_pipeline.storage.object_store import is_valid_key
from tg_pipeline_tests.fakes.aws import client_of, moto_server, moto_settings
from tg_pipeline_tests.stores import DAY, FOLDER, NEXT_DAY, rows


@pytest.fixture
def landing(tmp_path: Path) -> LocalStore:
    """A landing zone with an object on each of two days."""
    store = open_store(tmp_path.as_uri())
    for day in (DAY, NEXT_DAY):
        put_if_absent(store, f"telegram/context_date={day}/42-1.json", b"{}")
    assert isinstance(store, LocalStore)
    return store


def write(landing: LocalStore, name: bytes, folder: str = FOLDER) -> None:
    path = os.path.join(os.fsencode(landing.prefix or ""), folder.encode(), name)  # noqa: PTH118 - bytes
    Path(os.fsdecode(path)).parent.mkdir(parents=True, exist_ok=True)
    Path(os.fsdecode(path)).write_bytes(b"{}")


def keys(landing: LocalStore, day: date = DAY) -> tuple[list[str], list[str]]:
    """Return the readable keys of a day without the folder, and the unreadable names."""
    unreadable: list[str] = []
    objects = list_objects(landing, day, unreadable)
    return [key.rpartition("/")[2] for key in objects["object_key"].to_pylist()], unreadable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.json", r"caf\xe9.json"),
        (b"a\x01b.json", r"a\x01b.json"),
        (b"a\x1b[31m\n.json", r"a\x1b[31m\n.json"),
        (b"export.json#12", "export.json#12"),
        (b"42-7.json#12", "42-7.json#12"),
    ],
)
def test_a_name_that_can_t_be_read_is_reported_and_all_others_are_listed(
    landing: LocalStore, name: bytes, shown: str
) -> None:
    write(landing, name)
    write(landing, "ção.json".encode())

    assert keys(landing) == (["42-1.json", "ção.json"], [f"{FOLDER}/{shown}"])
    assert keys(landing, NEXT_DAY) == (["42-1.json"], [])
    assert list_days(landing) == [DAY, NEXT_DAY]


def test_links_that_lead_nowhere_or_in_a_circle_are_reported(landing: LocalStore) -> None:
    folder = Path(landing.prefix or "", FOLDER)
    (folder / "circle").symlink_to(folder)
    (folder / "itself.json").symlink_to("itself.json")
    (folder / "gone.json").symlink_to("nowhere")

    names, unreadable = keys(landing)

    assert names == ["42-1.json"]
    assert sorted(unreadable) == [
        f"{FOLDER}/{name}" for name in ("circle", "gone.json", "itself.json")
    ]


def test_a_file_that_ingestion_has_not_named_yet_is_no_odd_name(landing: LocalStore) -> None:
    write(landing, b"42-7.json#123456789")

    assert keys(landing) == (["42-1.json"], [])


@pytest.mark.parametrize(
    "folder",
    [
        "context_date=2026-02-30",
        "context_date=10000-01-01",
        "banana",
        "context_date=2026-10-0\udce9",
    ],
)
def test_a_folder_that_is_no_day_is_reported_and_the_days_are_listed(
    landing: LocalStore, folder: str
) -> None:
    (Path(landing.prefix or "") / "telegram" / folder).mkdir()
    (Path(landing.prefix or "") / "telegram" / folder / "42-9.json").write_bytes(b"{}")

    (found,) = list_odd_folders(landing)

    assert found.startswith(f"telegram/{folder[:16].rstrip(chr(0xDCE9))}")
    assert found.isascii()
    assert list_days(landing) == [DAY, NEXT_DAY]


@pytest.mark.parametrize("has_other_names", [False, True])
def test_files_and_links_beside_the_folders_of_days_are_reported(
    landing: LocalStore, *, has_other_names: bool
) -> None:
    beside = Path(landing.prefix or "", "telegram")
    (beside / "42-9.json").write_bytes(b"{}")
    (beside / "context_date=2026-10-20").write_bytes(b"{}")
    (beside / "context_date=2026-10-21").symlink_to("context_date=2026-10-21")
    if has_other_names:
        write(landing, b"caf\xe9.json")

    assert list_odd_folders(landing) == [
        "telegram/42-9.json",
        "telegram/context_date=2026-10-20",
        "telegram/context_date=2026-10-21",
    ]
    assert list_days(landing) == [DAY, NEXT_DAY]
    assert keys(landing, date(2026, 10, 21)) == ([], ["telegram/context_date=2026-10-21"])


def test_no_day_at_the_end_of_time_is_built(tmp_path: Path) -> None:
    for day in ("0001-01-01", "2026-10-07", "9999-12-31"):
        (tmp_path / "raw_updates" / f"context_date={day}").mkdir(parents=True)

    assert Lake(tmp_path.as_uri()).days("raw_updates") == [DAY]


@pytest.mark.parametrize(
    ("key", "is_valid"),
    [
        ("telegram/context_date=2026-10-07/42-1.json", True),
        ("telegram/context_date=2026-10-07/", True),
        ("telegram//42-1.json", False),
        ("telegram/./42-1.json", False),
        ("telegram/../42-1.json", False),
        ("telegram/a\x07.json", False),
    ],
)
def test_a_key_with_control_characters_or_odd_segments_can_t_be_read(
    key: str, *, is_valid: bool
) -> None:
    assert is_valid_key(key) is is_valid


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "bot/"])
def test_keys_of_a_bucket_that_can_t_be_read_are_reported_and_all_others_are_listed(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    odd = [
        "telegram/context_date=2026-10-07/a\x07b.json",
        "telegram/context_date=2026-10-07//x.json",
    ]
    even = [f"{FOLDER}/42-{number}.json" for number in range(1_200)]
    with moto_server() as address:
        for name, value in moto_settings(address).items():
            monkeypatch.setenv(name, value)
        client = client_of(address, "s3")
        client.create_bucket(Bucket="landing")
        next_day = f"telegram/context_date={NEXT_DAY}"
        for key in [*odd, *even, f"{next_day}/42-1.json", f"{next_day}/", "telegram/stray.json"]:
            client.put_object(Bucket="landing", Key=prefix + key, Body=b"{}")
        store = open_store(f"s3://landing/{prefix}".rstrip("/"))
        unreadable: list[str] = []

        objects = list_objects(store, DAY, unreadable)

        assert objects["object_key"].to_pylist() == sorted(even)
        assert sorted(unreadable) == sorted(key.replace("\x07", r"\x07") for key in odd)
        assert list_objects(store, NEXT_DAY).num_rows == 1
        assert list_days(store) == [DAY, NEXT_DAY]


@pytest.mark.slow
def test_a_key_that_ends_with_a_slash_costs_no_other_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with moto_server() as address:
        for name, value in moto_settings(address).items():
            monkeypatch.setenv(name, value)
        client = client_of(address, "s3")
        client.create_bucket(Bucket="landing")
        for key, body in {"": b"", "a/": b"", "b.json/": b"", "c/": b"?", "d.json": b"{}"}.items():
            client.put_object(Bucket="landing", Key=f"{FOLDER}/{key}", Body=body)
        store = open_store("s3://landing")

        found = [(row["object_key"], row["fault"]) for row in rows(store)]

        assert found == [
            (f"{FOLDER}/a", "the name is no .json or .ndjson"),
            (f"{FOLDER}/b.json", "the object is empty"),
            (f"{FOLDER}/c", "the name is no .json or .ndjson"),
            (f"{FOLDER}/d.json", None),
        ]


@pytest.mark.parametrize(
    ("name", "content", "bot_id"),
    [
        ("20240802-183859.json", b'{"update_id": 5}', 7),
        ("20240802-183859.json", b'{"update_id": 183859}', 20240802),
        ("20240802-183859.json", b"[" * 100_000, 7),
        ("20240802-183859.json", None, 7),
        ("20241302-183859.json", None, 20241302),
        ("42-183859.json", None, 42),
        ("export.json", None, 7),
    ],
)
def test_a_name_like_a_time_names_a_bot_only_if_it_has_the_update_s_id(
    name: str, content: bytes | None, bot_id: int
) -> None:
    assert bot_id_of(f"{FOLDER}/{name}", 7, content) == bot_id
