"""An update whose id is taken is a duplicate if it is the same, and kept with the reason if not."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import unwrap_rejected
from lambda_ingest.privacy.minimization import Minimization
from lambda_ingest.taken_ids import Match, compare_by_listing, compare_by_reading, is_same_update
from lambda_ingest.writer import LandingWriter, WriteStatus
from tg_pipeline_tests.fakes.aws import client_of, moto_server, moto_settings
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, reply
from tg_pipeline_tests.lambda_ingest.conftest import (
    ARRIVED,
    DAY_FOLDER,
    Container,
    stored,
    update,
)
from tg_pipeline_tests.lambda_ingest.test_writer import writer_to

KEY = f"{DAY_FOLDER}/7-5.json"
FIRST, OTHER = update(5, text="first"), update(5, text="other")


def keep_all(body: bytes) -> bytes:
    return body


def write(writer: LandingWriter, *bodies: bytes) -> list[WriteStatus]:
    return [writer.write(body, ARRIVED).status for body in bodies]


class TestWriter:
    def test_another_update_with_the_same_id_is_kept_with_the_reason(
        self, landing: ObjectStore
    ) -> None:
        writer = writer_to(landing)
        assert write(writer, FIRST) == [WriteStatus.LANDED]

        results = [writer.write(OTHER, ARRIVED + timedelta(days=days)) for days in (0, 6)]

        assert [each.status for each in results] == [WriteStatus.REJECTED] * 2
        kept = stored(landing)
        assert kept.pop(KEY) == FIRST
        ((key, envelope),) = kept.items()
        assert key.startswith("rejected/context_date=2026-10-07/")
        assert unwrap_rejected(envelope) == OTHER
        assert json.loads(envelope)["reason"] == (
            f"The id 5 of bot 7 is taken by another update, which is stored as {KEY}."
        )

    def test_the_same_update_is_a_duplicate_also_if_it_was_serialized_differently(
        self, landing: ObjectStore
    ) -> None:
        members = json.loads(FIRST)
        copies = [
            FIRST,
            json.dumps(members, indent=2).encode(),
            json.dumps(dict(reversed(members.items())), separators=(",", ":")).encode(),
            FIRST.replace(b"first", rb"f\u0069rst"),
        ]

        assert write(writer_to(landing), FIRST) == [WriteStatus.LANDED]
        assert write(writer_to(landing), *copies) == [WriteStatus.DUPLICATE] * len(copies)
        assert list(stored(landing)) == [KEY]

    def test_an_update_that_landed_before_its_text_was_dropped_is_a_duplicate(
        self, landing: ObjectStore
    ) -> None:
        writer = writer_to(landing)
        write(writer, FIRST)

        dropping = replace(
            writer, minimization=Minimization(frozenset({"contact"}), drops_text=True)
        )

        assert write(dropping, FIRST) == [WriteStatus.DUPLICATE]
        assert write(dropping, update(5, message_id=9)) == [WriteStatus.REJECTED]

    def test_what_is_in_the_way_of_an_update_costs_it_nothing(self, landing: ObjectStore) -> None:
        obstore.put(landing, KEY, FIRST[:-5])

        assert write(writer_to(landing), FIRST) == [WriteStatus.REJECTED]

    def test_an_object_that_vanishes_meanwhile_is_put_again(self, landing: ObjectStore) -> None:
        write(writer_to(landing), FIRST)

        class Vanishing(LandingWriter):
            def _compare(self, update: Any) -> Match:
                obstore.delete(self.landing, update.key)
                return super()._compare(update)

        writer = writer_to(landing)
        vanishing = Vanishing(writer.landing, writer.bot_id, writer.zone, writer.trust)

        assert write(vanishing, OTHER) == [WriteStatus.LANDED]
        assert stored(landing)[KEY] == OTHER


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ('{"update_id": 5, "a": 1}', '{"update_id": 5, "a": 1.0}'),
        ('{"update_id": 5, "a": 1}', '{"update_id": 5, "a": true}'),
        ('{"update_id": 5, "a": null}', '{"update_id": 5}'),
        ('{"update_id": 5, "a": [1, 2]}', '{"update_id": 5, "a": [2, 1]}'),
        ('{"update_id": 5, "a": "x"}', '{"update_id": 5, "a": "x "}'),
        ("not an update", "nor this"),
        ("[" * 100_000, '{"update_id": 5}'),
    ],
)
def test_updates_with_other_values_are_not_the_same(one: str, two: str) -> None:
    assert not is_same_update(one.encode(), two.encode(), keep_all)
    assert not is_same_update(two.encode(), one.encode(), keep_all)
    assert is_same_update(one.encode(), one.encode(), keep_all)


@pytest.mark.parametrize(
    ("key", "body", "by_reading", "by_listing"),
    [
        (KEY, FIRST, Match.SAME, Match.UNKNOWN),
        (KEY, OTHER, Match.DIFFERENT, Match.UNKNOWN),
        (KEY, OTHER + b" ", Match.DIFFERENT, Match.DIFFERENT),
        (f"{DAY_FOLDER}/7-6.json", FIRST, Match.GONE, Match.GONE),
    ],
)
def test_a_listing_of_a_store_without_digests_proves_less_than_reading(
    landing: ObjectStore, key: str, body: bytes, by_reading: Match, by_listing: Match
) -> None:
    write(writer_to(landing), FIRST, update(50))

    assert compare_by_reading(landing, key, body, keep_all) is by_reading
    assert compare_by_listing(landing, key, body) is by_listing


LISTING = """<ListBucketResult><IsTruncated>false</IsTruncated><Contents>
<Key>{key}</Key><LastModified>2026-10-07T15:00:00.000Z</LastModified>
<ETag>&quot;{e_tag}&quot;</ETag><Size>{size}</Size></Contents></ListBucketResult>"""
TAKEN = reply(b"<Error><Code>PreconditionFailed</Code></Error>", status="412 Precondition Failed")
DENIED = reply(b"<Error><Code>AccessDenied</Code></Error>", status="403 Forbidden")


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


class BucketOfOne:
    """A bucket that holds one update, lists it, and lets no object be read."""

    def __init__(self, held: bytes, *, has_digests: bool = True, lists: bool = True) -> None:
        self.digest = md5 if has_digests else lambda body: md5(body + b"encrypted")
        listing = LISTING.format(key=KEY, e_tag=self.digest(held), size=len(held))
        self.listing = reply(listing.encode()) if lists else DENIED
        self.rejected = list[bytes]()

    def answer(self, heard: Heard, _: Event) -> Iterable[bytes | None]:
        verb, target, _version = heard.start.split()
        if verb == "GET":
            return [self.listing if "list-type=2" in target else DENIED]
        if "/telegram/" in target:
            return [TAKEN]
        self.rejected.append(heard.body)
        return [reply(etag=f'"{self.digest(heard.body)}"')]


class TestFunction:
    """The role of the Lambda lets it list objects, but not read them."""

    @pytest.mark.parametrize(
        ("bucket", "expected", "kept"),
        [
            (BucketOfOne(OTHER), "duplicate", 0),
            (BucketOfOne(FIRST), "rejected", 1),
            (BucketOfOne(FIRST + b" "), "rejected", 1),
            (BucketOfOne(FIRST, has_digests=False), "duplicate", 1),
            (BucketOfOne(FIRST, lists=False), "duplicate", 0),
        ],
        ids=["same", "other digest", "other size", "no digests", "no listing"],
    )
    def test_what_the_listing_proves_to_be_another_update_is_kept(
        self,
        aws_environment: pytest.MonkeyPatch,
        new_container: Callable[..., Container],
        bucket: BucketOfOne,
        expected: str,
        kept: int,
    ) -> None:
        with Bot(bucket.answer) as server:
            aws_environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
            container = new_container(TG_LANDING_URI="s3://landing")

            statuses = [container.status(OTHER) for _ in range(2)]

        assert statuses == [200, 200]
        assert [line[expected] for line in container.lines()] == [1, 1]
        assert {unwrap_rejected(each) for each in bucket.rejected} == ({OTHER} if kept else set())
        # A store without digests costs one copy, which shows what its e-tags are.
        assert len(bucket.rejected) == kept * (1 if expected == "duplicate" else 2)

    @pytest.mark.slow
    def test_it_finds_the_object_among_others(
        self, aws_environment: pytest.MonkeyPatch, new_container: Callable[..., Container]
    ) -> None:
        with moto_server() as address:
            client_of(address, "s3").create_bucket(Bucket="landing")
            for name, value in moto_settings(address).items():
                aws_environment.setenv(name, value)
            container = new_container(TG_LANDING_URI="s3://landing")

            for number in (4, 5, 50):
                container.post(update(number, text="first"))
            statuses = [container.status(body) for body in (FIRST, OTHER)]
            kept = container.stored()

        assert statuses == [200, 200]
        counted = [(line["duplicate"], line["rejected"]) for line in container.lines()[3:]]
        assert counted == [(1, 0), (0, 1)]
        assert kept[KEY] == FIRST
        assert [unwrap_rejected(body) for key, body in kept.items() if "rejected" in key] == [OTHER]
