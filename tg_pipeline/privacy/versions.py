"""Versions of a bucket's objects that are no longer current, and unfinished uploads.

A versioned bucket keeps what was replaced or deleted: reading it needs the id of the version only.
obstore has neither listings nor deletions of versions, so this uses boto3.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from obstore.store import S3Store

from lambda_ingest.store import StoreError
from tg_pipeline.aws import open_s3_client, translate_s3_errors
from tg_pipeline.storage.errors import uri_of

DELETED_AT_ONCE: Final = 1_000
"""The most that a request deletes.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

THREADS: Final = 16
"""Concurrent reads of versions, each of some 20 ms."""

Progress = Callable[[int], object]
"""Called with the number of versions that were just processed."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """A version of an object, or the marker of a deletion."""

    full_key: str
    """The key in the bucket, with the prefix of the store."""
    version_id: str
    is_latest: bool
    is_marker: bool
    modified_at: datetime


class VersionedBucket:
    """The versions of the objects under one prefix of a bucket."""

    def __init__(self, uri: str, bucket: str, prefix: str, client: Any) -> None:
        """Use a client of boto3; `uri` names the place in messages."""
        self.uri = uri
        self._bucket, self._prefix, self._client = bucket, prefix, client

    @classmethod
    def of(cls, store: S3Store) -> "VersionedBucket":
        """Return the bucket of an object store, with its credentials and its endpoint."""
        prefix = f"{store.prefix}/" if store.prefix else ""
        return cls(uri_of(store), store.config["bucket"], prefix, open_s3_client())

    def key(self, version: ObjectVersion) -> str:
        """Return the key of a version as the object store knows it."""
        return version.full_key.removeprefix(self._prefix)

    def versions(self) -> Iterator[ObjectVersion]:
        """Yield all versions and markers; raises StoreError."""
        pages = self._client.get_paginator("list_object_versions")
        with translate_s3_errors(self.uri):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for name in ("Versions", "DeleteMarkers"):
                    for each in page.get(name, []):
                        yield ObjectVersion(
                            each["Key"],
                            each["VersionId"],
                            each["IsLatest"],
                            name == "DeleteMarkers",
                            each["LastModified"],
                        )

    def noncurrent(self) -> Iterator[ObjectVersion]:
        """Yield the versions with a content that are not current; raises StoreError."""
        return (each for each in self.versions() if not each.is_latest and not each.is_marker)

    def read(self, version: ObjectVersion) -> bytes | None:
        """Return the content of a version; None if it is gone or can't be read."""
        try:
            with translate_s3_errors(self.uri):
                found = self._client.get_object(
                    Bucket=self._bucket, Key=version.full_key, VersionId=version.version_id
                )
                body: bytes = found["Body"].read()
                return body
        except StoreError:
            return None

    def delete(self, versions: Iterable[ObjectVersion], on_progress: Progress) -> int:
        """Delete versions for good; return their number. Raises StoreError."""
        remaining, deleted = iter(versions), 0
        while group := list(islice(remaining, DELETED_AT_ONCE)):
            names = [{"Key": each.full_key, "VersionId": each.version_id} for each in group]
            with translate_s3_errors(self.uri):
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": names, "Quiet": True}
                )
            if errors := answer.get("Errors"):
                raise StoreError(
                    f"{self.uri}: {len(errors)} versions can't be deleted: "
                    f"{errors[0].get('Code')} {errors[0].get('Message', '')}".rstrip()
                )
            deleted += len(group)
            on_progress(len(group))
        return deleted

    def contaminated(
        self, is_in: Callable[[str, bytes], bool], on_progress: Progress = lambda _: None
    ) -> Iterator[ObjectVersion]:
        """Yield the versions, current or not, that contain the person, or that can't be read.

        `is_in` returns whether the object of a key with a content contains them.
        """

        def check(version: ObjectVersion) -> bool:
            body = self.read(version)
            return body is None or is_in(self.key(version), body)

        remaining = self.noncurrent()
        with ThreadPoolExecutor(THREADS) as pool:
            while group := list(islice(remaining, THREADS * THREADS)):
                for version, found in zip(group, pool.map(check, group), strict=True):
                    if found:
                        yield version
                on_progress(len(group))

    def delete_lone_markers(self) -> int:
        """Delete the markers of deleted objects of which no version is left; return their number.

        While a version is left, its marker stays: without it, that version would be current again.
        """
        markers: dict[str, list[ObjectVersion]] = {}
        with_content: set[str] = set()
        for each in self.versions():
            if each.is_marker:
                markers.setdefault(each.full_key, []).append(each)
            else:
                with_content.add(each.full_key)
        lone = [
            marker for key, found in markers.items() if key not in with_content for marker in found
        ]
        return self.delete(lone, lambda _: None)

    def abort_uploads(self, begun_before: datetime) -> int:
        """Abort the unfinished uploads that were begun before an instant (aware).

        Returns their number; raises StoreError. The parts of an upload are stored until then.
        """
        aborted = 0
        pages = self._client.get_paginator("list_multipart_uploads")
        with translate_s3_errors(self.uri):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for upload in page.get("Uploads", []):
                    if upload["Initiated"] < begun_before:
                        self._client.abort_multipart_upload(
                            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        aborted += 1
        return aborted
