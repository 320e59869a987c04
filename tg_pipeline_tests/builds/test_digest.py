"""A digest is made of days that are built, and each half of it is posted once."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.builds.admin_chat import AdminChat, Outcome
from tg_pipeline.builds.digest import CHART, TEXT, Posted, compose, is_posted, post
from tg_pipeline.builds.digest_due import NotBuiltError, why_not_ready
from tg_pipeline.builds.report_facts import Subject
from tg_pipeline.lake.idempotency import IdempotencyStore
from tg_pipeline.marts.digest.digest import Digest
from tg_pipeline.marts.digest.edition import Edition, Kind
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.telegram.messages import RateLimitRetry, plain, to_plain
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.report.test_report_command import ZONE, build, message

EN = Speech(LANGUAGES["en"])
BEFORE, NEXT_DAY = DAY - timedelta(days=1), DAY + timedelta(days=1)
TODAY = Edition.of(Kind.DAY, DAY)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give two days on which Ana writes, built once."""
    pipeline = Pipeline(tmp_path_factory.mktemp("two-days"))
    pipeline.land(message(1, "Ana", "oi", BEFORE), day=BEFORE)
    pipeline.land(message(2, "Ana", "oi"), message(3, "Ana", "como emito o certificado?"))
    build(pipeline, BEFORE, DAY)
    return pipeline.folder


@pytest.fixture
def house(pipeline: Pipeline, two_days: Path) -> Pipeline:
    shutil.copytree(two_days, pipeline.folder, dirs_exist_ok=True)
    return pipeline


def subject(house: Pipeline) -> Subject:
    return Subject(house.landing, house.lake, ZONE)


def text(house: Pipeline, day: date = DAY, kind: Kind = Kind.DAY) -> str:
    return to_plain(compose(subject(house), Edition.of(kind, day), EN).text)


def why_not(house: Pipeline, day: date = DAY, kind: Kind = Kind.DAY) -> str:
    with pytest.raises(NotBuiltError) as caught:
        compose(subject(house), Edition.of(kind, day), EN)
    return str(caught.value)


def test_a_day_that_is_built_is_told_beside_the_day_before(house: Pipeline) -> None:
    assert "Messages: 2 (up 100% from 1)" in text(house)


def test_a_day_that_is_not_built_is_no_day_of_zeros(house: Pipeline) -> None:
    house.land(message(4, "Ana", "oi", NEXT_DAY), day=NEXT_DAY)

    assert why_not(house, NEXT_DAY) == (
        "2026-10-08 is not built: tg-pipeline run --date 2026-10-08 builds it."
    )


def test_a_day_on_which_nothing_landed_must_be_built_to_be_believed(house: Pipeline) -> None:
    assert "2026-10-08 is not built" in why_not(house, NEXT_DAY)

    build(house, NEXT_DAY)

    assert "Nothing happened in this period" in text(house, NEXT_DAY)


def test_marts_that_are_behind_are_waited_for(house: Pipeline) -> None:
    shutil.rmtree(house.folder / "lake" / "threads")

    assert why_not(house) == (
        "The marts are older than the updates: tg-pipeline run brings them up to date."
    )


def test_a_week_needs_its_last_day_and_every_day_on_which_something_landed(
    house: Pipeline,
) -> None:
    sunday = DAY + timedelta(days=4)

    assert "2026-10-11 is not built" in why_not(house, kind=Kind.WEEK)
    house.land(message(4, "Ana", "oi", NEXT_DAY), day=NEXT_DAY)
    build(house, sunday)
    assert "2026-10-08 is not built" in why_not(house, kind=Kind.WEEK)
    build(house, NEXT_DAY)
    assert "Messages: 4\n" in text(house, kind=Kind.WEEK)


def test_an_empty_lake_is_not_built(pipeline: Pipeline) -> None:
    assert "2026-10-07 is not built" in why_not(pipeline)


def test_what_landed_since_is_told_and_not_waited_for(house: Pipeline) -> None:
    house.land(message(5, "Ana", "tarde"))

    assert why_not_ready(subject(house), TODAY) is None
    assert "Something landed since this was counted" in text(house)


def test_a_day_before_that_is_not_built_is_not_compared_with(pipeline: Pipeline) -> None:
    long_ago = DAY - timedelta(days=9)
    for number, day in enumerate((long_ago, BEFORE, DAY)):
        pipeline.land(message(number, "Ana", "oi", day), day=day)
    build(pipeline, long_ago, DAY)

    said = text(pipeline)

    assert "Messages: 1\n" in said
    assert "compare" not in said


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def chat(pipeline: Pipeline, telegram: TelegramServer) -> Iterator[AdminChat]:
    claims = IdempotencyStore(pipeline.lake.store, lambda: datetime(2026, 10, 8, tzinfo=UTC))
    with BotApiClient(Secret(telegram.token), telegram.url) as api:
        yield AdminChat(api, "@Admins", claims, RateLimitRetry(lambda _: None, lambda _: None))


@pytest.fixture
def digest() -> Digest:
    return Digest(TODAY, [(plain("text"),)], b"png", [(plain("caption"),)])


def sent(telegram: TelegramServer) -> list[str]:
    return [message.text for message in telegram.messages]


def test_a_digest_is_posted_once(chat: AdminChat, telegram: TelegramServer, digest: Digest) -> None:
    first, second = list(post(chat, digest)), list(post(chat, digest))

    assert first == [Posted(TEXT, Outcome.SENT), Posted(CHART, Outcome.SENT)]
    assert {each.outcome for each in second} == {Outcome.SENT_BEFORE}
    assert sent(telegram) == ["text", "caption"]
    assert telegram.messages[1].file == b"png"


def test_each_day_week_and_chat_has_a_digest_of_its_own(
    chat: AdminChat, telegram: TelegramServer, digest: Digest
) -> None:
    editions = [TODAY, TODAY.before(), Edition.of(Kind.WEEK, DAY)]
    for edition in editions:
        list(post(chat, replace(digest, edition=edition)))
    list(post(replace(chat, chat="-5"), digest))

    assert len(sent(telegram)) == 8
    list(post(replace(chat, chat="@admins"), digest))
    assert len(sent(telegram)) == 8, "names of chats are the same in any case"


def test_where_only_the_chart_was_refused_only_the_chart_is_sent_again(
    chat: AdminChat, telegram: TelegramServer, digest: Digest
) -> None:
    telegram.fail(400, method="sendPhoto")

    with pytest.raises(TelegramError):
        list(post(chat, digest))
    assert not is_posted(chat.claims, chat.chat, TODAY)
    again = list(post(chat, digest))

    assert again == [Posted(TEXT, Outcome.SENT_BEFORE), Posted(CHART, Outcome.SENT)]
    assert sent(telegram) == ["text", "caption"]
    assert is_posted(chat.claims, chat.chat, TODAY)


def test_where_the_text_is_in_doubt_the_chart_is_sent_by_the_next_try(
    chat: AdminChat, telegram: TelegramServer, digest: Digest
) -> None:
    telegram.lose_answers(method="sendMessage")

    with pytest.raises(TelegramError):
        list(post(chat, digest))
    again = list(post(chat, digest))

    assert again == [Posted(TEXT, Outcome.IN_DOUBT), Posted(CHART, Outcome.SENT)]
    assert sent(telegram) == ["text", "caption"]
    assert is_posted(chat.claims, chat.chat, TODAY), "nothing is left to try"


def test_asked_for_again_both_halves_are_sent(
    chat: AdminChat, telegram: TelegramServer, digest: Digest
) -> None:
    list(post(chat, digest))

    again = list(post(chat, digest, again=True))

    assert {each.outcome for each in again} == {Outcome.SENT}
    assert sent(telegram) == ["text", "caption"] * 2
