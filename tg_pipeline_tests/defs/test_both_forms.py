"""With a queue and without, the same history is answered by the same runs."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline_tests.defs.forms import Form, ListingForm, QueueForm


@pytest.fixture(params=[ListingForm, QueueForm])
def form(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Form]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield request.param(tmp_path, instance)


def test_a_fortnight_asks_for_the_same_runs(form: Form) -> None:
    # Given a bot that is written to every day, and a nightly tick
    form.land("2026-10-01", "2026-10-01")
    assert form.night("2026-10-02 03:00") == ["daily:2026-10-01"]
    form.land("2026-10-02")
    assert form.look("2026-10-02 09:00") == []
    assert form.night("2026-10-03 03:00") == ["daily:2026-10-02"]

    # When updates land late on two days, one of them many
    form.land("2026-10-01", *["2026-10-02"] * 30, "2026-10-03")

    # Then one run builds both, and today is left alone
    assert form.look("2026-10-03 09:00") == ["2026-10-01 to 2026-10-02"]
    assert form.look("2026-10-03 15:00") == []

    # When something lands on a day whose neighbour is built, then both are built anew
    form.night("2026-10-04 03:00")
    form.land("2026-10-02")
    assert form.look("2026-10-04 09:00") == ["2026-10-02 to 2026-10-03"]

    # When an hour goes by behind midnight, what landed meanwhile waits for the tick
    form.land("2026-10-04", "2026-10-05")
    assert form.look("2026-10-05 00:30") == []
    assert form.night("2026-10-05 03:00") == ["daily:2026-10-04"]

    # When the nightly run fails, then the day is asked for once more
    form.land("2026-10-05")
    form.runs_fail = True
    assert form.night("2026-10-06 03:00") == ["daily:2026-10-05"]
    form.runs_fail = False
    assert form.look("2026-10-06 09:00") == ["2026-10-05 to 2026-10-05"]

    # When nothing ran for days, then what was missed is asked for, days apart in runs of their own
    form.land("2026-10-06", "2026-10-07", "2026-10-09")
    assert form.look("2026-10-12 09:00") == [
        "2026-10-06 to 2026-10-07",
        "2026-10-09 to 2026-10-09",
    ]
    assert form.look("2026-10-12 15:00") == []

    # And a day on which nothing landed is built all the same by its tick
    assert form.night("2026-10-13 03:00") == ["daily:2026-10-12"]


def test_old_days_that_land_at_once_are_asked_for_in_as_few_runs_as_can_be(form: Form) -> None:
    form.land("2026-10-01", "2026-10-20", "2026-11-02", "2026-11-03", "2026-12-24")

    assert form.look("2027-01-10 09:00") == [
        "2026-10-01 to 2026-10-01",
        "2026-10-20 to 2026-10-20",
        "2026-11-02 to 2026-11-03",
        "2026-12-24 to 2026-12-24",
    ]


def test_what_fails_is_asked_for_five_times_and_again_once_something_lands(form: Form) -> None:
    form.land("2026-10-05")
    form.runs_fail = True

    assert form.look("2026-10-08 09:00") == ["2026-10-05 to 2026-10-05"] * 5
    assert form.look("2026-10-08 15:00") == []
    form.land("2026-10-05")
    form.runs_fail = False
    assert form.look("2026-10-09 09:00") == ["2026-10-05 to 2026-10-05"]


def test_the_nightly_run_starts_beside_a_backfill_and_late_days_wait_for_its_end(
    form: Form,
) -> None:
    form.start_backfill()
    form.land("2026-10-05", "2026-10-07")

    assert form.look("2026-10-07 21:00") == []
    assert form.night("2026-10-08 03:00") == ["daily:2026-10-07"]
    assert form.look("2026-10-08 09:00") == []

    form.end_backfill()
    assert form.look("2026-10-08 12:00") == ["2026-10-05 to 2026-10-05"]


def test_a_broken_day_holds_up_no_neighbour(form: Form) -> None:
    # Given two neighbours, built, of which one can't be built any more
    form.land("2026-10-05", "2026-10-06")
    form.look("2026-10-08 09:00")
    form.broken = {"2026-10-05"}

    # When something lands late on both
    form.land("2026-10-05", "2026-10-06")
    asked = form.look("2026-10-08 15:00")

    # Then they are asked for together once, and then each alone
    assert asked[0] == "2026-10-05 to 2026-10-06"
    assert asked.count("2026-10-06 to 2026-10-06") == 1
    assert asked.count("2026-10-05 to 2026-10-05") == 4
    assert len(asked) == 6


def test_what_lands_on_its_neighbours_gives_a_broken_day_no_new_attempts(form: Form) -> None:
    form.land("2026-10-05")
    form.broken = {"2026-10-05"}
    assert form.look("2026-10-08 09:00") == ["2026-10-05 to 2026-10-05"] * 5

    for hour in (12, 15, 18):
        form.land("2026-10-06")
        assert form.look(f"2026-10-08 {hour}:00") == ["2026-10-06 to 2026-10-06"]


def test_once_a_broken_day_is_mended_the_day_behind_it_is_built_anew(form: Form) -> None:
    # Given a day older than those watched, missed and broken, and its neighbour
    form.land("2026-10-05", "2026-10-06")
    form.broken = {"2026-10-05"}
    form.look("2026-11-20 09:00")

    # When the broken one is mended, and something lands on it
    form.broken = set()
    form.land("2026-10-05")

    # Then it is built, and behind it the day whose repeats it decides
    assert form.look("2026-11-20 15:00") == [
        "2026-10-05 to 2026-10-05",
        "2026-10-06 to 2026-10-06",
    ]
