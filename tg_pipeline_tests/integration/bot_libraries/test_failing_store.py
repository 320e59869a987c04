"""A put that is reported as stored is stored, even if the connection failed."""

from random import Random

import obstore
import pytest
from obstore.exceptions import BaseError

from lambda_ingest.store import REQUEST_TIMEOUT, open_store, put_if_absent
from tg_pipeline_tests.fakes.s3.bucket import failing_bucket
from tg_pipeline_tests.fakes.s3.failing_proxy import TROUBLES

KEY = "telegram/context_date=2026-10-07/7-5.json"
ALWAYS = 1.0


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_successful_put_is_stored(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    # Given a bucket in which the first put of an object meets trouble
    random = Random(1)  # noqa: S311 - no secret
    with failing_bucket(random, ALWAYS, [trouble]) as bucket:
        for name, value in bucket.failing_settings.items():
            monkeypatch.setenv(name, value)

        # When it is put, again if it failed, as Telegram's next attempt does
        landing = open_store(bucket.settings["TG_LANDING_URI"], REQUEST_TIMEOUT)
        try:
            put_if_absent(landing, KEY, b"{}")
        except BaseError:
            put_if_absent(landing, KEY, b"{}")

        # Then it is there
        assert bucket.proxy.met[0] == trouble
        assert obstore.get(bucket.store(), KEY).bytes() == b"{}"
