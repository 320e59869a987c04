"""`tg-pipeline seal` and `unseal`: which days, what they print, and what they refuse."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from lambda_ingest.landing import day_prefix
from tg_pipeline.cli.operation.seal import wanted_days
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.sealed_objects import is_sealed_key
from tg_pipeline_tests.cli.conftest import Shell

OLD_DAY = date(2026, 1, 5)
"""So long ago that it can be sealed whenever the tests run."""

TODAY = date(2026, 3, 10)
AGES = range(60)


def land(shell: Shell, day: date, *numbers: int) -> None:
    noon = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=15)
    lines = [
        json.dumps(
            {
                "update_id": number,
                "message": {
                    "message_id": number,
                    "date": int(noon.timestamp()),
                    "chat": {"id": -1005, "type": "group", "title": "Turma"},
                    "text": "oi",
                },
            }
        )
        for number in numbers
    ]
    done = shell.run("land", "-", stdin="\n".join(lines).encode())
    assert done.returncode == 0, done.stderr


def objects(shell: Shell, day: date) -> list[str]:
    return [key for key in shell.landed() if key.startswith(f"{day_prefix(day)}/")]


def objects_outside(shell: Shell, *days: date) -> list[str]:
    return [key for key in shell.landed() if not key.startswith(tuple(map(day_prefix, days)))]


@pytest.mark.parametrize(("older_than", "newest"), [(None, 31), (30, 31), (7, 8)])
def test_days_are_sealed_by_their_age(older_than: int | None, newest: int) -> None:
    is_wanted = wanted_days(older_than, None, None, None, TODAY)

    assert [age for age in AGES if is_wanted(TODAY - timedelta(days=age))] == [*AGES[newest:]]


def test_the_named_days_are_sealed_if_no_update_may_land_on_them_any_more() -> None:
    last = TODAY - timedelta(days=8)
    first = last - timedelta(days=2)

    is_wanted = wanted_days(None, None, str(first), str(last), TODAY)

    assert [age for age in AGES if is_wanted(TODAY - timedelta(days=age))] == [8, 9, 10]
    with pytest.raises(CommandError, match="can't be sealed yet"):
        wanted_days(None, None, str(first), str(last + timedelta(days=1)), TODAY)


def test_old_days_are_sealed_and_restored(shell: Shell) -> None:
    # Given two old days, and an update without a time of its own, which lands on the day it arrives
    next_day = OLD_DAY + timedelta(days=1)
    land(shell, OLD_DAY, 1, 2, 3)
    land(shell, next_day, 4, 5)
    done = shell.run("land", "-", stdin=b'{"update_id": 6, "poll": {"id": "1"}}')
    assert done.returncode == 0, done.stderr
    before = shell.landed()
    (recent,) = objects_outside(shell, OLD_DAY, next_day)

    # When it is only shown, nothing changes
    shown = shell.run("seal", "--dry-run").stdout
    assert f"{OLD_DAY}: 3 objects would be sealed, 3 deleted." in shown
    assert "5 objects of 2 days would be sealed" in shown
    assert shell.landed() == before

    # When they are sealed, each old day is one object
    sealed = shell.run("seal").stdout
    assert f"{OLD_DAY}: 3 objects sealed, 3 deleted" in sealed
    assert "5 objects of 2 days sealed; 2 days looked at." in sealed
    assert [is_sealed_key(key) for key in objects(shell, OLD_DAY)] == [True]
    assert objects_outside(shell, OLD_DAY, next_day) == [recent]
    assert "0 objects of 0 days sealed" in shell.run("seal", "--older-than", "7").stdout
    assert "2 sealed objects were read, 0 are damaged" in shell.run("verify").stdout

    # And what landed under the same names is deleted again
    land(shell, OLD_DAY, 1, 2)
    assert f"{OLD_DAY}: 0 objects sealed, 2 deleted" in shell.run("seal").stdout

    # And when they are unsealed, all objects are there
    restored = shell.run("unseal", "--from", str(OLD_DAY), "--to", "today").stdout
    assert "5 objects of 2 days restored." in restored
    assert shell.landed() == before


def test_a_damaged_sealed_object_is_found_by_verify(shell: Shell) -> None:
    land(shell, OLD_DAY, 1, 2)
    shell.run("seal", "--date", str(OLD_DAY))
    (key,) = objects(shell, OLD_DAY)
    path = shell.landing / key
    content = path.read_bytes()
    path.write_bytes(content[:20] + b"\x00\x01" + content[22:])

    found = shell.run("verify")

    assert found.returncode == 1
    assert f"{path} is damaged" in found.stdout
    assert (
        "restore it from a backup"
        in shell.run("seal", "--date", str(OLD_DAY)).stderr + found.stdout
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("seal", "--date", "yesterday"), "can't be sealed yet: updates may land for 7 days"),
        (("seal", "--from", "2026-01-01", "--to", "today"), "can't be sealed yet"),
        (("seal", "--from", "2026-01-01"), "--from and --to are used together"),
        (
            ("seal", "--date", "2026-01-01", "--older-than", "9"),
            "--older-than is not used together",
        ),
        (("unseal",), "name the days to unseal"),
        (
            ("unseal", "--date", "today", "--from", "2026-01-01", "--to", "today"),
            "--date is not used together",
        ),
    ],
)
def test_days_that_can_t_be_meant_are_refused_in_one_line(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    assert words in shell.run(*arguments).error()
