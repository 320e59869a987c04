"""The look of the charts, and their compilation to Vega.

Colours are CSS variables, which the page defines for light mode, dark mode and print.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import altair as alt
import vl_convert
from babel.numbers import get_decimal_symbol, get_group_symbol

from tg_pipeline.report.formatting import Formatter

ACCENT: Final = "var(--accent)"
SECOND: Final = "var(--second)"
SOFT: Final = "var(--soft)"
WARN: Final = "var(--warn)"
INK: Final = "var(--ink)"
MUTED: Final = "var(--muted)"
RULE: Final = "var(--rule)"
PAPER: Final = "var(--paper)"
HEAT: Final = "var(--heat)"
ON_HEAT: Final = "var(--on-heat)"

FONT: Final = (
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
)
LABEL_PIXELS: Final = 12
DESCENT_PIXELS: Final = 3
"""The part of a label below its baseline, for which Vega reserves no space."""

CHART_PIXELS: Final = 180
"""The height of a chart; its width is that of its container."""

MIN_OPACITY: Final = 0.08
"""The opacity of the smallest non-zero value of a heat map."""

CONFIG: Final[dict[str, Any]] = {
    "aria": False,
    "background": None,
    "font": FONT,
    "padding": {"left": 0, "top": 0, "right": 0, "bottom": DESCENT_PIXELS},
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": LABEL_PIXELS,
        "titleFontSize": LABEL_PIXELS,
        "titleFontWeight": "normal",
        "domainColor": RULE,
        "tickColor": RULE,
        "gridColor": RULE,
        "labelPadding": 6,
    },
    "axisX": {"grid": False, "labelFlush": True},
    "axisY": {"domain": False, "ticks": False},
    "legend": {"disable": True},
}
"""Text alternatives and legends are part of the page, so the charts have none."""

INTERPRETER_VERSION: Final = "2.0.0"
"""The vega-interpreter bundled with vl-convert. It evaluates expressions without `eval`, so that
the page can forbid it."""

_RUNTIME: Final = """
import {{parse, View}} from "/npm/vega@{vega}/+esm";
import {{expressionInterpreter}} from "/npm/vega-interpreter@{interpreter}/+esm";
globalThis.tgVega = {{parse, View, expressionInterpreter}};
"""


class HeatStep(NamedTuple):
    """An opacity of a heat map on which text is legible."""

    opacity: float
    is_dark: bool
    """Whether text on it must be light; the reverse in dark mode."""


STEPS: Final = (
    HeatStep(MIN_OPACITY, is_dark=False),
    HeatStep(0.22, is_dark=False),
    HeatStep(0.38, is_dark=False),
    HeatStep(0.8, is_dark=True),
    HeatStep(1.0, is_dark=True),
)
"""Opacities for fifths of a whole. None is between 0.4 and 0.8, where no text would be legible."""


def opacity_of(share: float) -> float:
    """Return the opacity for a share of the maximum; 0 is invisible."""
    return round(MIN_OPACITY + (1 - MIN_OPACITY) * share, 3) if share else 0


def step_of(share: float) -> HeatStep:
    """Return the step for a share of a whole."""
    return STEPS[min(int(share * len(STEPS)), len(STEPS) - 1)]


def compile_chart(spec: Mapping[str, Any], fmt: Formatter) -> dict[str, Any]:
    """Compile a Vega-Lite chart to Vega, so that the page does not need Vega-Lite."""
    number = {
        "decimal": get_decimal_symbol(fmt.locale),
        "thousands": get_group_symbol(fmt.locale),
        "grouping": [3],
        "currency": ["", ""],
    }
    config = {**spec.get("config", {}), "locale": {"number": number}}
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    vega = vl_convert.vegalite_to_vega({**spec, "config": config}, vl_version=version)
    return {name: part for name, part in vega.items() if name != "$schema"}


@cache
def vega_runtime() -> str:
    """Return the script that draws Vega charts; bundling it takes seconds, so once per process.

    vl-convert contains the modules: nothing is downloaded.
    """
    snippet = _RUNTIME.format(vega=vl_convert.get_vega_version(), interpreter=INTERPRETER_VERSION)
    return f"(()=>{{{vl_convert.javascript_bundle(snippet)}}})();"
