"""The generated pages in docs/ are up to date with the declarations."""

import re
from pathlib import Path

import msgspec
import pytest

from tg_pipeline.docs_pages import marts_page, tables_page
from tg_pipeline.marts import origins
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.query.tables import ALL_TABLES
from tg_pipeline.report.messages import LANGUAGES, load_messages

CHECKOUT = Path(__file__).parents[1]
DOCS = CHECKOUT / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [("tables.md", tables_page()), ("marts.md", marts_page())],
    ids=["tables", "marts"],
)
def test_a_generated_page_is_up_to_date(name: str, page: str) -> None:
    assert (DOCS / name).read_text("utf-8") == page, "run: make docs"


def test_the_stored_lineage_of_the_marts_is_that_of_their_queries() -> None:
    assert origins.FILE.read_text("utf-8") == origins.origins_file(ALL_MARTS), "run: make docs"


def test_the_tests_that_attack_a_guarantee_exist() -> None:
    rows = re.findall(
        r"^\|[^|]+\|([^|]+)\|", (DOCS / "guarantees.md").read_text("utf-8"), re.MULTILINE
    )
    tests = {name for row in rows for name in re.findall(r"`([a-z0-9_/]+(?:/|\.py))`", row)}

    assert tests
    assert {name for name in tests if not (CHECKOUT / "tg_pipeline_tests" / name).exists()} == set()


def test_the_tests_and_benchmarks_that_a_page_names_by_their_paths_exist() -> None:
    pages = [*DOCS.rglob("*.md"), *CHECKOUT.glob("README*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    paths = set(re.findall(r"\b(?:tg_pipeline_tests|benchmarks)/[\w/]+\.\w+", text))

    assert paths
    assert {path for path in paths if not (CHECKOUT / path).exists()} == set()


TRANSLATED = sorted(path.name for path in DOCS.glob("*.pt-BR.md"))
EXPORTED = ["bi.md", "bi.pt-BR.md"]
SETTING = re.compile(r"`((?:TG|TELEGRAM|FORWARD|AWS)_[A-Z0-9_]+…?)`")


def test_what_an_operator_reads_is_translated() -> None:
    operators = (
        "athena aws bi deployment digest history ingestion monitoring operating proxy questions "
        "report s3 serverless vps"
    )

    assert {f"{name}.pt-BR.md" for name in operators.split()} <= set(TRANSLATED)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_translated_page_has_the_headings_commands_and_settings_of_the_english_one(
    name: str,
) -> None:
    english = (DOCS / name.replace(".pt-BR", "")).read_text("utf-8")
    portuguese = (DOCS / name).read_text("utf-8")

    assert levels(portuguese) == levels(english)
    assert code_blocks(portuguese) == code_blocks(english)
    assert set(SETTING.findall(portuguese)) == set(SETTING.findall(english))
    assert rows(portuguese) == rows(english)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_translated_page_and_the_english_one_link_to_each_other(name: str) -> None:
    original = name.replace(".pt-BR", "")
    first_lines = [(DOCS / each).read_text("utf-8").splitlines()[2] for each in (original, name)]

    assert first_lines == [
        f"🇧🇷 [Leia em português]({name})",
        f"🇬🇧 [Read it in English]({original})",
    ]


@pytest.mark.parametrize("name", EXPORTED)
def test_a_page_shows_as_many_exported_views_as_there_are_tables(name: str) -> None:
    shown = re.findall(r"(\d+) views\.", (DOCS / name).read_text("utf-8"))

    assert shown == [str(len(ALL_TABLES))]


@pytest.mark.parametrize("name", ["../README.pt-BR.md", *TRANSLATED])
def test_a_portuguese_page_leads_to_portuguese_pages_and_to_headings_that_are_there(
    name: str,
) -> None:
    page = DOCS / name
    text = page.read_text("utf-8")
    # All but the link to the English page.
    linked = re.findall(r"(?<!in English)\]\(([^)\s]*)\)", text)

    for path, _, anchor in (link.partition("#") for link in linked if "://" not in link):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        assert not target.with_suffix(".pt-BR.md").exists(), path
        assert not anchor or anchor in anchors(target.read_text("utf-8")), (path, anchor)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_leads_to_pages_and_headings_that_are_there(language: str) -> None:
    texts = msgspec.json.encode(load_messages(language)).decode()
    linked = re.findall(r"docs/([\w.-]+\.md)(?:#([\w-]+))?", texts)

    assert linked
    for page, anchor in linked:
        assert not anchor or anchor in anchors((DOCS / page).read_text("utf-8")), (page, anchor)
        assert (DOCS / page).exists(), page


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def levels(text: str) -> list[int]:
    """Return the level of each heading."""
    return [len(each) for each in re.findall(r"^(#+) ", without_code(text), re.MULTILINE)]


def rows(text: str) -> int:
    """Return how many rows its tables have."""
    return len(re.findall(r"^\|", without_code(text), re.MULTILINE))


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def code_blocks(text: str) -> list[str]:
    """Return the blocks of code, without comments behind a command.

    An output is in the page's language, and so are the labels of a diagram.
    """
    blocks = re.findall(r"```(?!text|mermaid)\w+\n(.*?)```", text, re.DOTALL)
    bare = (re.sub(r" +# .*", "", block) for block in blocks)
    return [each.replace("TG_LANG=pt", "TG_LANG=en").replace("--lang pt ", "") for each in bare]
