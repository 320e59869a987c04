"""The report in the lake: a page in each language, written over by the next."""

from typing import Final

import obstore

from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.partitions import Lake

REPORT: Final = "report"
"""The folder in the lake, and the asset."""

CONTENT_TYPE: Final = "text/html; charset=utf-8"


def page_key(language: str) -> str:
    """Give the key of the page in a language, `en` or `pt`."""
    return f"{REPORT}/report.{language}.html"


def publish_page(lake: Lake, language: str, html: str) -> int:
    """Put a page in its place in the lake, in one step; give its bytes."""
    body = html.encode()
    # A bucket tells browsers what it holds; a disk can't, and needs not.
    attributes = None if lake.folder else {"Content-Type": CONTENT_TYPE}
    with translate_errors(lake.store):
        obstore.put(lake.store, page_key(language), body, attributes=attributes)
    return len(body)
