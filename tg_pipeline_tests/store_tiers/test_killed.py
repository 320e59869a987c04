"""A run is killed in the middle: what is there then, and after the next."""

from tg_pipeline.lake.partitions import OBJECT_NAME
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline_tests.store_tiers.shell import Shell
from tg_pipeline_tests.store_tiers.whole_way import contents

ON = ("ceph",)


def test_a_run_that_is_killed_leaves_old_or_new_and_the_next_one_finishes(shell: Shell) -> None:
    # Given a run that is killed once it has written something
    shell.run("sample", "--days", "3", "--per-day", "10")
    lake = shell.lake()
    ended = shell.kill_when(lambda: bool(lake.days(RAW_UPDATES.name)), "run")
    assert ended == -9

    # Then what it wrote is whole
    written = [key for key in contents(lake.store) if key.endswith(OBJECT_NAME)]
    assert written
    for day in lake.days(RAW_UPDATES.name):
        assert lake.footer_or_raise(RAW_UPDATES.name, day)

    # And the next run makes of it what one makes that is never disturbed
    shell.run("run")
    shell.run("run", lake="another")
    assert contents(lake.store) == contents(shell.lake("another").store)
