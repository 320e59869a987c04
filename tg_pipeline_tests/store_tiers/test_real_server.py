"""What no imitation does: refuse who may not come in, and tell how old an upload is."""

import re
import time
from datetime import UTC, datetime, timedelta

import obstore
import pytest
import requests
from obstore.store import S3Store

from lambda_ingest.store import StoreError
from tg_pipeline.aws import abort_stale_uploads
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.lake.conftest import KEY, write
from tg_pipeline_tests.store_tiers.server import S3Server
from tg_pipeline_tests.store_tiers.tier import BUCKET

ON = ("ceph",)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("AWS_SECRET_ACCESS_KEY", "the secret is not that of the access key"),
        ("AWS_ACCESS_KEY_ID", "the access key is not known there"),
    ],
)
def test_wrong_credentials_are_refused(
    uri: str, monkeypatch: pytest.MonkeyPatch, setting: str, said: str
) -> None:
    monkeypatch.setenv(setting, "guessed-by-somebody")

    for ask in (
        lambda: list_days(open_object_store(uri)),
        lambda: write(Lake(uri), 1),
        lambda: Lake(uri).footer("raw_updates", DAY),
    ):
        with pytest.raises(StoreError, match=f"^{re.escape(uri)}: {said}") as caught:
            ask()
        assert "guessed-by-somebody" not in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("uri")
def test_a_bucket_of_another_name_is_none() -> None:
    with pytest.raises(StoreError, match="s3://no-such-bucket/x: there is no such bucket"):
        list_days(open_object_store("s3://no-such-bucket/x"))
    with pytest.raises(StoreError, match="s3://no-such-bucket/x: there is no such bucket"):
        write(Lake("s3://no-such-bucket/x"), 1)


def test_a_signature_ends_with_its_time(lake: Lake) -> None:
    write(lake, 1)
    assert isinstance(lake.store, S3Store)
    signed = obstore.sign(lake.store, "GET", KEY, timedelta(seconds=1))

    before = requests.get(signed, timeout=30).status_code
    time.sleep(2.5)

    assert (before, requests.get(signed, timeout=30).status_code) == (200, 403)
    unsigned = signed.partition("?")[0]
    assert f"/{BUCKET}/" in unsigned
    assert requests.get(unsigned, timeout=30).status_code == 403


def test_an_upload_that_may_be_somebody_s_is_left_alone(lake: Lake, server: S3Server) -> None:
    store, client = lake.store, server.client()
    assert isinstance(store, S3Store)
    key = f"{store.prefix}/{KEY}"
    upload = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]

    abort_stale_uploads(store, KEY, begun_before=datetime.now(UTC) - timedelta(minutes=1))

    pending = client.list_multipart_uploads(Bucket=BUCKET, Prefix=key)["Uploads"]
    assert [each["UploadId"] for each in pending] == [upload]
    client.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload)
