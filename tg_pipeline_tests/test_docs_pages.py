"""The generated pages in docs/ are up to date with the declarations."""

from pathlib import Path

import pytest

from tg_pipeline.docs_pages import marts_page, tables_page

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [("tables.md", tables_page()), ("marts.md", marts_page())],
    ids=["tables", "marts"],
)
def test_a_generated_page_is_up_to_date(name: str, page: str) -> None:
    assert (DOCS / name).read_text("utf-8") == page, "run: make docs"
