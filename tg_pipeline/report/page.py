"""The page: its components, rendered as one self-contained HTML file that loads nothing."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Protocol

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tg_pipeline.report.drawing.charts import TimeBucket
from tg_pipeline.report.drawing.vega import with_locale
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import Grain, Period, ReportData, bar_grain
from tg_pipeline.report.summary import Kpi

GZIP_LEVEL: Final = 9
"""Vega is 590 kB of script: 275 kB compressed and in base64."""

BAR_UNITS: Final = 100
"""The width of a bar's drawing in its own units; the table cell stretches it."""

SPARKLINE_HEIGHT: Final = 16
"""Pixels."""

SPARKLINE_STEP: Final = 8
"""Pixels per bar, if there is space."""

SPARKLINE_WIDTH: Final = 64
"""The maximum in pixels: a year of weeks fits a phone."""

SPARKLINE_FILLED: Final = 0.75
"""The part of a step that its bar fills."""


class HasHtml(Protocol):
    """An object that renders itself as HTML."""

    def __html__(self) -> str:
        """Return the HTML."""


Cell = str | HasHtml


@dataclass(frozen=True, slots=True)
class BarCell:
    """A bar for a share of the column's maximum; another cell has the number."""

    share: float

    def __html__(self) -> Markup:
        """Return the bar as SVG."""
        width = max(0.5, round(BAR_UNITS * self.share, 1))
        return Markup(
            '<svg class="bar" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">'
            '<rect width="{}" height="10"/></svg>'
        ).format(BAR_UNITS, width)


@dataclass(frozen=True, slots=True)
class SparklineCell:
    """Weekly counts as small bars, and as text for screen readers."""

    counts: tuple[int, ...]
    incomplete: frozenset[int]
    """The places of the incomplete weeks."""
    maximum: int
    """The count of a bar of full height, common to the column."""
    label: str

    def __html__(self) -> Markup:
        """Return the bars as SVG, and the text."""
        step = min(SPARKLINE_STEP, SPARKLINE_WIDTH / max(len(self.counts), 1))
        bar = Markup('<rect x="{:.4g}" y="{:g}" width="{:.4g}" height="{:g}"{}/>')
        pale = Markup(' class="pale"')
        bars = Markup().join(
            bar.format(
                step * place,
                SPARKLINE_HEIGHT - height,
                SPARKLINE_FILLED * step,
                height,
                pale if place in self.incomplete else "",
            )
            for place, height in enumerate(map(self._height, self.counts))
        )
        return Markup(
            '<svg class="spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-hidden="true">'
            '{2}</svg><span class="unseen">{3}</span>'
        ).format(round(step * len(self.counts)), SPARKLINE_HEIGHT, bars, self.label)

    def _height(self, count: int) -> float:
        return round(SPARKLINE_HEIGHT * count / (self.maximum or 1), 1)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """The header of a column."""

    title: str
    is_number: bool = False
    is_unseen: bool = False
    """Only for screen readers: the column needs no visible header."""


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table; folded if a chart shows its numbers."""

    name: str
    """The id of the element that scrolls."""
    caption: str
    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[Cell]]
    is_folded: bool = False
    note: str = ""
    """A sentence below the table."""


@dataclass(frozen=True, slots=True)
class LegendItem:
    """An entry of a legend: a CSS class, and its meaning."""

    style: str
    text: str


def pale_legend(buckets: Iterable[TimeBucket], fmt: Formatter) -> list[LegendItem]:
    """Return the legend of incomplete buckets if there are any."""
    is_needed = not all(bucket.is_complete for bucket in buckets)
    return [LegendItem("pale", fmt.messages.page.pale)] if is_needed else []


def time_column(data: ReportData, fmt: Formatter) -> TableColumn:
    """Return the column with the names of buckets: days, or the first ones of weeks and months."""
    is_daily = bar_grain(data.period) is Grain.DAY
    return TableColumn(fmt.messages.health.day if is_daily else fmt.messages.activity.day)


def bucket_name(bucket: TimeBucket, fmt: Formatter) -> str:
    """Return the name of a bucket, which tells if it is incomplete."""
    return fmt.bucket(bucket.name, is_complete=bucket.is_complete)


@dataclass(frozen=True, slots=True)
class PageChart:
    """A chart with its text alternative, its numbers and its legend."""

    name: str
    """The id of the element it is drawn in."""
    label: str
    """The text alternative for screen readers."""
    spec: Mapping[str, Any]
    """Vega."""
    numbers: PageTable
    legend: Sequence[LegendItem] = ()


@dataclass(frozen=True, slots=True)
class PageSection:
    """A title with a finding, and the charts and tables that show it."""

    name: str
    title: str
    finding: Cell
    details: Sequence[Cell] = ()
    """Further sentences."""
    charts: Sequence[PageChart] = ()
    tables: Sequence[PageTable] = ()
    limits: Sequence[str] = ()
    """What the data can't show."""


@dataclass(frozen=True, slots=True)
class PageHead:
    """The part above the overview and the sections."""

    title: str
    kind: Cell
    """What the page is, and its period."""
    heading: Cell
    lead: Cell
    source: str
    period: Period | None = None
    """None if the lake is empty."""


@dataclass(frozen=True, slots=True)
class TileLine:
    """A line of a tile, with the CSS classes that make it a value, a label or a note."""

    style: str
    text: Cell


@dataclass(frozen=True, slots=True)
class HourCell:
    """The messages of an hour of the week, with the strength of its colour."""

    step: int
    count: str


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic, with the questions that it consists of and how often each was asked."""

    name: Cell
    times: str
    answered: Cell
    groups: Sequence[Sequence[Cell]]
    wordings: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class ListTable:
    """A table of the overview, with a finding."""

    name: str
    title: str
    finding: Cell
    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    limit: str = ""
    """What the data can't show."""


@dataclass(frozen=True, slots=True)
class OverviewTile:
    """An answer, and the list that it leads to."""

    name: str
    list_name: str
    title: str
    lines: Sequence[TileLine]


@dataclass(frozen=True, slots=True)
class OverviewTexts:
    """What the overview says; the page's script replaces it by what it says of a selection."""

    lead: Cell
    tiles: Sequence[OverviewTile]
    topics: Sequence[TopicRow]
    topics_note: str
    small_talk_note: str
    hours_finding: Cell
    hours: Sequence[Sequence[HourCell]]
    """By weekday."""
    weeks: ListTable
    chats: ListTable
    askers: ListTable


@dataclass(frozen=True, slots=True)
class FilterOption:
    """What a reader can select."""

    value: str
    label: Cell


@dataclass(frozen=True, slots=True)
class OverviewFilter:
    """A list to select from."""

    name: str
    label: str
    options: Sequence[FilterOption]


@dataclass(frozen=True, slots=True)
class PageOverview:
    """The part of the page that answers when, what, and whether it helps."""

    texts: OverviewTexts
    weekdays: Sequence[str]
    hours_limit: str
    filters: Sequence[OverviewFilter] = ()
    no_filters: str = ""
    """Why there are none."""
    data: Mapping[str, Any] | None = None
    """What the script of the filters reads; None without filters."""


@dataclass(frozen=True, slots=True)
class Page:
    """The contents of a page."""

    head: PageHead
    totals: Sequence[Kpi]
    sections: Sequence[PageSection]
    overview: PageOverview | None = None


def render_page(page: Page, fmt: Formatter, read_vega: Callable[[], str]) -> str:
    """Render a page as HTML: the same page always has the same bytes.

    `read_vega` returns the script that draws charts, and is called if there are any.
    """
    specs = {
        chart.name: with_locale(chart.spec, fmt)
        for section in page.sections
        for chart in section.charts
    }
    style = _read("page.css")
    vega = read_vega() if specs else ""
    data = page.overview.data if page.overview else None
    has_tables = bool(page.overview or specs or any(each.tables for each in page.sections))
    scripts = [
        *(["charts.js"] if specs else []),
        *(["tables.js"] if has_tables else []),
        *(["counting.js", "rendering.js", "filters.js"] if data else []),
    ]
    sources = [_read(name) for name in scripts]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            lang=fmt.messages.locale,
            messages=fmt.messages.page,
            texts=fmt.messages.overview,
            hours=fmt.messages.hours,
            head=page.head,
            totals=page.totals,
            sections=page.sections,
            overview=page.overview,
            # These files are part of this package: they contain no text of users.
            style=Markup(style),  # noqa: S704
            scripts=list(map(Markup, sources)),
            facts=_pack(_json(data)) if data else "",
            charts=_pack(_json(specs)) if specs else "",
            vega=_pack(vega) if specs else "",
            policy=_content_security_policy(style, [*sources, *([vega] if specs else [])]),
        )
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _content_security_policy(style: str, scripts: Sequence[str]) -> str:
    """Return a policy that allows these very scripts and this style, and no request."""
    allowed = " ".join(map(_hash, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _pack(text: str) -> str:
    """Compress a text for the page: to a third of its size, and free of markup."""
    return base64.b64encode(gzip.compress(text.encode(), GZIP_LEVEL, mtime=0)).decode()


def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_read))


def _read(name: str) -> str:
    return files(__package__).joinpath("web", name).read_text(encoding="utf-8")
