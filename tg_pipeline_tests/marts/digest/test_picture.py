"""The digest's chart is a PNG that shows the period beside the one before."""

import re
import struct
import zlib
from collections.abc import Iterator
from importlib.resources import files

import pytest

from tg_pipeline.marts.digest.bars import DigestBar, bars_of
from tg_pipeline.marts.digest.digest import render
from tg_pipeline.marts.digest.edition import Edition
from tg_pipeline.marts.digest.picture import LIGHT, picture
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.telegram.messages import to_plain
from tg_pipeline_tests.marts.digest.week import DAY, EN, PT, WEEK, earlier, facts_of, quiet

WIDTH, HEIGHT = 1_200, 780
TELEGRAM_TAKES = 10_000_000
"""Bytes of a photo. https://core.telegram.org/bots/api#sendphoto."""


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the parts of a PNG, and see that each is whole. https://www.w3.org/TR/png-3/."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + data),)
        yield kind, data
        at += length + 12


@pytest.mark.parametrize("edition", [DAY, WEEK])
@pytest.mark.parametrize("say", [EN, PT])
def test_it_is_a_whole_png_of_a_phones_width(edition: Edition, say: Speech) -> None:
    png = render(facts_of(edition), earlier(edition), edition, say).png

    parts = list(chunks(png))

    assert (parts[0][0], parts[-1][0]) == (b"IHDR", b"IEND")
    assert struct.unpack_from(">II", parts[0][1]) == (WIDTH, HEIGHT)
    rows = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    assert len(rows) == HEIGHT * (1 + 4 * WIDTH)
    assert len(png) < TELEGRAM_TAKES


def test_a_day_has_its_hours_beside_those_of_the_day_before() -> None:
    bars = bars_of(facts_of(DAY), earlier(DAY), DAY, EN)

    assert [bar.at for bar in bars] == [str(hour) for hour in range(24)]
    assert (bars[9], bars[20]) == (DigestBar("9", 15, 30), DigestBar("20", 24, 0))


def test_a_week_has_its_days_beside_those_of_the_week_before() -> None:
    bars = bars_of(facts_of(WEEK), earlier(WEEK), WEEK, PT)

    assert [bar.at for bar in bars] == "seg 5,ter 6,qua 7,qui 8,sex 9,sáb 10,dom 11".split(",")
    assert (bars[0], bars[1]) == (DigestBar("seg 5", 200, 100), DigestBar("ter 6", 283, 0))
    assert sum(bar.count for bar in bars[3:]) == 0


def test_without_a_period_before_there_is_nothing_beside_the_bars() -> None:
    bars = bars_of(facts_of(WEEK), None, WEEK, EN)

    assert {bar.before for bar in bars} == {None}


def drawn(*rows: DigestBar, legend: str = "") -> bytes:
    return picture(rows, "Title", legend, LANGUAGES["en"])


def test_every_number_is_drawn_and_the_same_numbers_alike() -> None:
    first, second = DigestBar("Mon 5", 3, 4), DigestBar("Tue 6", 1, None)

    pictures = [
        drawn(first, second),
        drawn(DigestBar("Mon 5", 2, 4), second),
        drawn(DigestBar("Mon 5", 3, 5), second),
        drawn(first, second, legend="a legend"),
    ]

    assert len(set(pictures)) == len(pictures)
    assert drawn(first, second) == pictures[0]


def test_a_period_in_which_nothing_happened_has_a_chart_too() -> None:
    digest = render(quiet(WEEK), None, WEEK, EN)

    assert dict(chunks(digest.png))[b"IEND"] == b""


def test_the_caption_says_what_is_drawn() -> None:
    captions = [
        to_plain(render(facts_of(edition), None, edition, say).caption)
        for edition, say in [(WEEK, EN), (DAY, PT)]
    ]

    assert captions == ["Messages by day, 5–11 Oct 2026", "Mensagens por hora, qua 7 out 2026"]


def test_its_colours_are_the_reports_by_day() -> None:
    page = files("tg_pipeline.marts.report").joinpath("page.css").read_text(encoding="utf-8")
    by_day = page.partition("@media")[0]

    for name, color in LIGHT.items():
        variable = re.escape(name.removeprefix("var(").removesuffix(")"))
        assert re.search(rf"{variable}: {color};", by_day), name
