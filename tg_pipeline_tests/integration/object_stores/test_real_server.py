"""What moto does not imitate: credentials are checked, and uploads have an age."""

import re
import time
from datetime import UTC, datetime, timedelta

import obstore
import pytest
import requests
from obstore.store import S3Store

from lambda_ingest.store import StoreError
from tg_pipeline.aws import abort_stale_uploads
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import list_days
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.integration.object_stores.tier import BUCKET, S3Server
from tg_pipeline_tests.stores import KEY, write

pytestmark = [pytest.mark.ceph, pytest.mark.tiers("ceph")]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("AWS_SECRET_ACCESS_KEY", "the secret does not match the access key"),
        ("AWS_ACCESS_KEY_ID", "the access key is unknown"),
    ],
)
def test_wrong_credentials_are_refused(
    uri: str, monkeypatch: pytest.MonkeyPatch, setting: str, reason: str
) -> None:
    monkeypatch.setenv(setting, "guessed-by-somebody")

    for request in (
        lambda: list_days(open_object_store(uri)),
        lambda: write(Lake(uri), 1),
        lambda: Lake(uri).footer("raw_updates", DAY),
    ):
        with pytest.raises(StoreError, match=f"^{re.escape(uri)}: {reason}") as caught:
            request()
        assert "guessed-by-somebody" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_signed_url_expires(lake: Lake) -> None:
    write(lake, 1)
    assert isinstance(lake.store, S3Store)
    signed = obstore.sign(lake.store, "GET", KEY, timedelta(seconds=1))

    before = requests.get(signed, timeout=30).status_code
    time.sleep(2.5)

    assert (before, requests.get(signed, timeout=30).status_code) == (200, 403)
    unsigned = signed.partition("?")[0]
    assert f"/{BUCKET}/" in unsigned
    assert requests.get(unsigned, timeout=30).status_code == 403


def test_a_recent_upload_is_not_aborted(lake: Lake, server: S3Server) -> None:
    store, client = lake.store, server.client()
    assert isinstance(store, S3Store)
    key = f"{store.prefix}/{KEY}"
    upload = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]

    abort_stale_uploads(store, begun_before=datetime.now(UTC) - timedelta(minutes=1))

    pending = client.list_multipart_uploads(Bucket=BUCKET, Prefix=key)["Uploads"]
    assert [each["UploadId"] for each in pending] == [upload]
    client.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload)
