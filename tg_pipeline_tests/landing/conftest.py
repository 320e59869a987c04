"""A landing zone and a lake, on disk and in memory."""

from tg_pipeline_tests.stores import lake, landing, s3, uri

__all__ = ["lake", "landing", "s3", "uri"]
