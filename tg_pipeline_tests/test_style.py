"""Rules of this project that no linter checks."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tokenize import COMMENT, tokenize
from typing import Final

CHECKOUT: Final = Path(__file__).parents[1]
PRODUCT: Final = ("lambda_ingest", "tg_pipeline")
PYTHON: Final = (*PRODUCT, "tg_pipeline_tests", "benchmarks")
CONFIGURATION: Final = {".yaml", ".toml", ".cfg", ".json"}

PRIVATE_DAGSTER: Final = re.compile(r"\bdagster\._")
PRIVATE_ACCESS: Final = re.compile(r"noqa:.*\bSLF001\b")
DISCOURAGED_FIRST_WORDS: Final = {"Give", "Gives", "Say", "Says", "Tell", "Tells"}
DISCOURAGED_WORDS: Final = re.compile(r"\b(whoever|anew|likewise)\b", re.IGNORECASE)

MAX_MODULES: Final = 12
NOT_COUNTED: Final = {"__init__.py", "conftest.py"}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (CHECKOUT / folder).rglob("*.py"))


def configuration_files() -> list[Path]:
    folders = [CHECKOUT / "deploy", *(CHECKOUT / folder for folder in PYTHON)]
    nested = [path for folder in folders for path in folder.rglob("*")]
    top = CHECKOUT.iterdir()
    return sorted(path for path in (*top, *nested) if path.suffix in CONFIGURATION)


def matches(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


@cache
def docstrings(path: Path) -> list[tuple[int, str]]:
    """Return the docstrings of a module with their lines; two tests need them."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        (getattr(node, "lineno", 1), text)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, documented) and (text := ast.get_docstring(node))
    ]


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments, and the strings that are statements: docstrings, also of constants."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text
    with path.open("rb") as source:
        for token in tokenize(source.readline):
            if token.type == COMMENT:
                yield token.start[0], token.string


def public_classes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def test_no_private_module_of_dagster_is_used() -> None:
    assert matches([*python_files(*PYTHON), *configuration_files()], PRIVATE_DAGSTER) == []


def test_no_private_attribute_of_another_library_is_accessed() -> None:
    assert matches(python_files(*PRODUCT), PRIVATE_ACCESS) == []


def test_docstrings_begin_with_the_verbs_of_the_field() -> None:
    found = [
        f"{path.relative_to(CHECKOUT)}:{line}: {text.splitlines()[0]}"
        for path in python_files(*PYTHON)
        for line, text in docstrings(path)
        if text.split()[0] in DISCOURAGED_FIRST_WORDS
    ]

    assert found == []


def test_comments_and_docstrings_of_the_product_use_plain_words() -> None:
    found = [
        f"{path.relative_to(CHECKOUT)}:{line}"
        for path in python_files(*PRODUCT)
        for line, text in prose(path)
        if DISCOURAGED_WORDS.search(text)
    ]

    assert found == []


def test_a_public_class_name_is_defined_once() -> None:
    defined = defaultdict(list)
    for path in python_files(*PRODUCT):
        for name in public_classes(path):
            defined[name].append(str(path.relative_to(CHECKOUT)))

    assert {name: paths for name, paths in defined.items() if len(paths) > 1} == {}


def test_a_folder_has_at_most_a_dozen_modules() -> None:
    modules = Counter(
        str(path.parent.relative_to(CHECKOUT))
        for path in python_files(*PYTHON)
        if path.name not in NOT_COUNTED
    )

    assert {folder: count for folder, count in modules.items() if count > MAX_MODULES} == {}


def test_docstrings_can_be_compiled_by_every_python() -> None:
    # Since Python 3.13 the compiler encodes them, which fails for a lone surrogate.
    found = [
        f"{path.relative_to(CHECKOUT)}:{line}"
        for path in python_files(*PYTHON)
        for line, text in docstrings(path)
        if any("\ud800" <= letter <= "\udfff" for letter in text)
    ]

    assert found == []
