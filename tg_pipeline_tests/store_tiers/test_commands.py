"""What a person types, over a bucket."""

from tg_pipeline_tests.store_tiers.shell import Shell

ON = ("moto", "ceph")


def test_a_lake_in_a_bucket_is_filled_and_asked(shell: Shell) -> None:
    assert "landed" in shell.run("sample", "--days", "2", "--per-day", "10")
    assert "Built 2 days" in shell.run("run")
    assert "2 built" in shell.run("status")
    assert "busiest hours" in shell.run("summary")
    assert "report.html: " in shell.run("report")
    days = shell.run("sql", "SELECT count(DISTINCT context_date) FROM telegram", "--format", "csv")
    assert days.split()[-1] == "2"
