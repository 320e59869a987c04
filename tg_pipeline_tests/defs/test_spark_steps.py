"""Which days are built on Spark, and what a job is told."""

from dataclasses import replace

import pytest

from tg_pipeline.defs import spark
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.settings import SparkSettings
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

ON_EMR = SparkSettings("00app", role_arn="arn:role", code_uri="s3://code/spark", from_updates=3)


def test_a_day_below_the_limit_is_built_in_the_run_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an application that can't be reached, and a day of two updates
    monkeypatch.setattr(spark, "SETTINGS", replace(SETTINGS, spark=ON_EMR))
    house.pipeline.land({"update_id": 1, "poll": {}}, {"update_id": 2, "poll": {}})

    assert house.run(DAY).success
    assert house.metadata("enriched_updates", DAY)["rows"] == 2


def test_a_job_has_the_settings_without_secrets() -> None:
    settings = replace(SETTINGS, spark=ON_EMR)
    secrets = {"TELEGRAM_BOT_TOKEN": "7:a", "TG_PRIVACY_KEY": "b", "TG_ALERT_URL": "https://c"}
    environment = {**secrets, "TG_BUSINESS_HOURS": "Mon-Fri 09:00-18:00", "HOME": "/d"}

    parameters = spark.job_parameters(settings, ["2026-10-07", "--tables", "commands"], environment)

    (defaults,) = parameters["configurationOverrides"]["applicationConfiguration"]
    properties = defaults["properties"]
    given = {
        name.removeprefix("spark.emr-serverless.driverEnv."): value
        for name, value in properties.items()
        if name.startswith("spark.emr-serverless.driverEnv.")
    }
    assert given["TG_BUSINESS_HOURS"] == "Mon-Fri 09:00-18:00"
    assert given["TG_LAKE_URI"] == settings.lake_uri
    assert given["TELEGRAM_BOT_ID"] == str(settings.bot_id)
    assert not given.keys() & {*secrets, "HOME"}
    assert properties["spark.archives"] == "s3://code/spark/environment.tar.gz#environment"
    submit = parameters["jobDriver"]["sparkSubmit"]
    assert submit["entryPoint"] == "s3://code/spark/build_day.py"
    assert submit["entryPointArguments"] == ["2026-10-07", "--tables", "commands"]
