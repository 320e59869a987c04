"""The digest's chart: a PNG of the period with the previous one."""

import re
import struct
import zlib
from collections.abc import Iterator
from importlib.resources import files

import pytest

from tg_pipeline.report.digest import render_digest
from tg_pipeline.report.drawing.digest_chart import LIGHT, DigestBar, digest_bars, render_png
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestPeriod
from tg_pipeline.telegram.messages import to_plain
from tg_pipeline_tests.report.report_data import DIGEST_DAY as DAY
from tg_pipeline_tests.report.report_data import DIGEST_WEEK as WEEK
from tg_pipeline_tests.report.report_data import EN, PT, digest_data, previous_data, quiet

WIDTH, HEIGHT = 1_200, 780
MAX_PHOTO = 10_000_000
"""Bytes. https://core.telegram.org/bots/api#sendphoto."""


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Check and return the chunks of a PNG. https://www.w3.org/TR/png-3/."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + data),)
        yield kind, data
        at += length + 12


@pytest.mark.parametrize(
    ("period", "fmt", "caption"),
    [
        (WEEK, EN, "Messages by day, 5\u2009–\u200911 Oct 2026"),
        (DAY, PT, "Mensagens por hora, qua., 7 de out. de 2026"),
    ],
)
def test_the_chart_is_a_complete_png_of_a_phone_s_width_with_a_caption(
    period: DigestPeriod, fmt: Formatter, caption: str
) -> None:
    digest = render_digest(digest_data(period), previous_data(period), period, fmt)

    parts = list(chunks(digest.png))

    assert to_plain(digest.caption) == caption
    assert (parts[0][0], parts[-1][0]) == (b"IHDR", b"IEND")
    assert struct.unpack_from(">II", parts[0][1]) == (WIDTH, HEIGHT)
    rows = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    assert len(rows) == HEIGHT * (1 + 4 * WIDTH)
    assert len(digest.png) < MAX_PHOTO


def test_a_day_has_its_hours_with_those_of_the_day_before() -> None:
    bars = digest_bars(digest_data(DAY), previous_data(DAY), DAY, EN)

    assert [bar.at for bar in bars] == [str(hour) for hour in range(24)]
    assert (bars[9], bars[20]) == (DigestBar("9", 15, 30), DigestBar("20", 24, 0))


def test_a_week_has_its_days_with_those_of_the_week_before() -> None:
    bars = digest_bars(digest_data(WEEK), previous_data(WEEK), WEEK, PT)

    labels = [bar.at for bar in bars]
    assert labels == ["seg. 5", "ter. 6", "qua. 7", "qui. 8", "sex. 9", "sáb. 10", "dom. 11"]
    assert (bars[0], bars[1]) == (DigestBar("seg. 5", 200, 100), DigestBar("ter. 6", 283, 0))
    assert sum(bar.count for bar in bars[3:]) == 0
    assert {bar.before for bar in digest_bars(digest_data(WEEK), None, WEEK, EN)} == {None}


def test_the_chart_depends_on_each_number_and_only_on_them() -> None:
    first, second = DigestBar("Mon 5", 3, 4), DigestBar("Tue 6", 1, None)

    charts = [
        render_png(bars, "Title", legend, EN)
        for bars, legend in (
            ((first, second), ""),
            ((DigestBar("Mon 5", 2, 4), second), ""),
            ((DigestBar("Mon 5", 3, 5), second), ""),
            ((first, second), "a legend"),
        )
    ]

    assert len(set(charts)) == len(charts)
    assert render_png((first, second), "Title", "", EN) == charts[0]


def test_a_quiet_period_has_a_chart_too() -> None:
    assert dict(chunks(render_digest(quiet(WEEK.period), None, WEEK, EN).png))[b"IEND"] == b""


def test_the_colours_are_those_of_the_report_s_light_mode() -> None:
    style = files("tg_pipeline.report").joinpath("web", "page.css").read_text(encoding="utf-8")
    light_mode = style.partition("@media")[0]

    for name, color in LIGHT.items():
        variable = re.escape(name.removeprefix("var(").removesuffix(")"))
        assert re.search(rf"{variable}: {color};", light_mode), name
