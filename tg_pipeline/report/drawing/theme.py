"""The look of the charts.

Colours are CSS variables, which the page defines for light mode, dark mode and print.
"""

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
"""The part of a label below its baseline, for which Vega reserves no space."""

CHART_PIXELS: Final = 180
"""The height of a chart; its width is that of its container."""

MIN_OPACITY: Final = 0.08
"""The opacity of the smallest values of a heat map."""


def chart_config(font: str = FONT) -> dict[str, Any]:
    """Return the look of a chart's axes and texts."""
    return {
        "aria": False,
        "axis": {
            "labelColor": MUTED,
            "labelFont": font,
            "labelFontSize": LABEL_PIXELS,
            "domainColor": RULE,
            "gridColor": RULE,
            "labelPadding": 6,
        },
        "axisX": {"labelFlush": True},
        "text": {"font": font},
        "title": {"font": font, "subtitleFont": font},
    }


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


def step_of(share: float) -> HeatStep:
    """Return the step for a share of a whole."""
    return STEPS[min(int(share * len(STEPS)), len(STEPS) - 1)]
