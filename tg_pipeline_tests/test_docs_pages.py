"""The generated pages in docs/ are up to date with the declarations."""

import re
from pathlib import Path

import pytest

from tg_pipeline.docs_pages import marts_page, tables_page
from tg_pipeline.marts import origins
from tg_pipeline.marts.catalog import ALL_MARTS

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [("tables.md", tables_page()), ("marts.md", marts_page())],
    ids=["tables", "marts"],
)
def test_a_generated_page_is_up_to_date(name: str, page: str) -> None:
    assert (DOCS / name).read_text("utf-8") == page, "run: make docs"


def test_the_stored_lineage_of_the_marts_is_that_of_their_queries() -> None:
    assert origins.FILE.read_text("utf-8") == origins.origins_file(ALL_MARTS), "run: make docs"


def test_the_page_on_a_vps_has_the_same_commands_in_both_languages() -> None:
    english, portuguese = (commands(DOCS / name) for name in ("vps.md", "vps.pt-BR.md"))

    assert english == portuguese
    assert len(english) > 10


def commands(page: Path) -> list[str]:
    """Return the blocks of a page that can be executed, without comments behind a command."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return [re.sub(r" {2,}# .*", "", block) for block in blocks]
