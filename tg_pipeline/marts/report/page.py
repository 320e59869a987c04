"""The page: one HTML file that carries all it needs and may load nothing."""

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.parts import Figure, Section
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.vega import compiled, runtime
from tg_pipeline.marts.report.words import words_of

GZIP_LEVEL: Final = 9
"""Vega is 590 kB of script; packed and in base64 it is 275 kB."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the sections."""

    title: str
    heading: str
    lead: Cell
    source: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that is on a page, before it is HTML."""

    head: Head
    figures: Sequence[Figure]
    sections: Sequence[Section]


def html(page: Page, say: Speech) -> str:
    """Give the page as HTML: the same page gives the same bytes."""
    specs = {
        chart.name: compiled(chart.spec, say.language)
        for section in page.sections
        for chart in section.charts
    }
    style, script = _file("page.css"), _file("page.js")
    return _template().render(
        lang=say.language.code,
        words=words_of(say).page,
        head=page.head,
        figures=page.figures,
        sections=page.sections,
        # These two files are ours: nothing in them is anyone else's text.
        style=Markup(style),  # noqa: S704
        script=Markup(script) if specs else "",  # noqa: S704
        charts=_packed(json.dumps(specs, separators=(",", ":"), sort_keys=True)) if specs else "",
        vega=_packed(runtime()) if specs else "",
        policy=_policy(style, [script, runtime()] if specs else []),
    )


def _policy(style: str, scripts: Sequence[str]) -> str:
    """Give what a browser may do with the page: show it, run these very scripts, fetch nothing."""
    allowed = " ".join(map(_digest, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _packed(text: str) -> str:
    """Give a text as what the page unpacks: a third of its size, and nothing in it is markup."""
    return base64.b64encode(gzip.compress(text.encode(), GZIP_LEVEL, mtime=0)).decode()


def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_file("page.html.j2"))


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
