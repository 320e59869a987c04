"""How charts look. Colours are names: the page gives them a value, light, dark or printed."""

from typing import Any, Final, NamedTuple

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
"""What hangs below the line of a label; Vega leaves no room for it."""

CHART_PIXELS: Final = 180
"""The height of a chart; its width is that of its place on the page."""

FAINTEST: Final = 0.08
"""Opacity of the least that is not nothing: heat is one colour, more or less of it."""

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
"""Text alternatives stand in the page, and legends too: the drawing itself says nothing twice."""


class Step(NamedTuple):
    """A strength of heat that text can stand on."""

    opacity: float
    is_dark: bool
    """Text on it must be light; in dark mode the other way round."""


STEPS: Final = (
    Step(FAINTEST, is_dark=False),
    Step(0.22, is_dark=False),
    Step(0.38, is_dark=False),
    Step(0.8, is_dark=True),
    Step(1.0, is_dark=True),
)
"""Strengths for fifths of a whole. None between 0.4 and 0.8, where no text would be legible."""


def opacity_of(share: float) -> float:
    """Give the opacity of a share of the most there is; nothing at all is not drawn."""
    return round(FAINTEST + (1 - FAINTEST) * share, 3) if share else 0


def step_of(share: float) -> Step:
    """Give the strength of a share of a whole."""
    return STEPS[min(int(share * len(STEPS)), len(STEPS) - 1)]
