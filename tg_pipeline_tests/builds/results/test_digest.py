"""The digest: composed only of built days, and each message posted at most once."""

import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.builds.digest import (
    CHART,
    TEXT,
    AdminChat,
    NotBuiltError,
    PostedMessage,
    PostOutcome,
    compose_digest,
    is_posted,
    not_built_reason,
    post_digest,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import ReportSource
from tg_pipeline.report.digest import Digest
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestKind, DigestPeriod
from tg_pipeline.storage.idempotency import Claim, IdempotencyStore
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import (
    BadRequestError,
    DeliveryUnknownError,
    NoResponseError,
    TelegramError,
)
from tg_pipeline.telegram.messages import RateLimitRetry, plain, to_plain
from tg_pipeline_tests.builds.results.posting import KEY, Poster, PostingProcess
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.report.built_days import NEXT_DAY, PARAMETERS, build, message

EN = Formatter("en")
DAY_BEFORE = DAY - timedelta(days=1)
PERIOD = DigestPeriod.of(DigestKind.DAY, DAY)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pipeline = Pipeline(tmp_path_factory.mktemp("two-days"))
    pipeline.land(message(1, "Ana", "oi", DAY_BEFORE), day=DAY_BEFORE)
    pipeline.land(message(2, "Ana", "oi"), message(3, "Ana", "como emito o certificado?"))
    build(pipeline, DAY_BEFORE, DAY)
    return pipeline.folder


@pytest.fixture
def two_days(pipeline: Pipeline, built: Path) -> Pipeline:
    shutil.copytree(built, pipeline.folder, dirs_exist_ok=True)
    return pipeline


def source(pipeline: Pipeline) -> ReportSource:
    return ReportSource(
        pipeline.landing, pipeline.lake, PARAMETERS, LayerParameters(PARAMETERS.timezone)
    )


def text(pipeline: Pipeline, day: date = DAY, kind: DigestKind = DigestKind.DAY) -> str:
    return to_plain(compose_digest(source(pipeline), DigestPeriod.of(kind, day), EN).text)


def reason(pipeline: Pipeline, day: date = DAY, kind: DigestKind = DigestKind.DAY) -> str:
    with pytest.raises(NotBuiltError) as caught:
        text(pipeline, day, kind)
    return str(caught.value)


def test_a_built_day_is_compared_with_the_day_before(two_days: Pipeline) -> None:
    assert "Messages: 2 (up 100% from 1)" in text(two_days)


def test_a_day_that_is_not_built_has_no_digest_even_without_landed_objects(
    two_days: Pipeline,
) -> None:
    assert reason(two_days, NEXT_DAY) == (
        "2026-10-08 is not built: tg-pipeline run --date 2026-10-08 builds it."
    )

    build(two_days, NEXT_DAY)

    assert "There was no activity in this period" in text(two_days, NEXT_DAY)


def test_a_week_needs_its_last_day_and_each_day_with_landed_objects(two_days: Pipeline) -> None:
    sunday, week = DAY + timedelta(days=4), DigestKind.WEEK

    assert "2026-10-11 is not built" in reason(two_days, kind=week)
    two_days.land(message(4, "Ana", "oi", NEXT_DAY), day=NEXT_DAY)
    two_days.build(sunday)
    assert "2026-10-08 is not built" in reason(two_days, kind=week)
    build(two_days, sunday, NEXT_DAY)
    assert "Messages: 4\n" in text(two_days, kind=week)


def test_marts_must_be_up_to_date(two_days: Pipeline) -> None:
    shutil.rmtree(two_days.folder / "lake" / "threads")

    assert reason(two_days) == (
        "The marts are older than the updates: tg-pipeline run brings them up to date."
    )


def test_objects_landed_after_the_build_are_noted(two_days: Pipeline) -> None:
    two_days.land(message(5, "Ana", "tarde"))

    assert not_built_reason(source(two_days), PERIOD) is None
    assert "More updates arrived after this was counted" in text(two_days)


def test_a_previous_day_that_is_not_built_is_not_compared(pipeline: Pipeline) -> None:
    assert "2026-10-07 is not built" in reason(pipeline), "an empty lake has no digest"
    long_ago = DAY - timedelta(days=9)
    for number, day in enumerate((long_ago, DAY_BEFORE, DAY)):
        pipeline.land(message(number, "Ana", "oi", day), day=day)
    build(pipeline, long_ago, DAY)

    digest = text(pipeline)

    assert "Messages: 1\n" in digest
    assert "compare" not in digest


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def poster(telegram: TelegramServer, tmp_path: Path) -> Poster:
    return Poster(tmp_path.as_uri(), telegram.url)


def sent(telegram: TelegramServer) -> list[str]:
    return [message.text for message in telegram.messages]


def failure(poster: Poster, *, again: bool = False) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        poster.post(again=again)
    assert str(caught.value).endswith(".")
    return caught.value


@pytest.mark.slow
def test_only_one_of_several_processes_sends(poster: Poster, telegram: TelegramServer) -> None:
    processes = [PostingProcess(poster) for _ in range(3)]
    for process in processes:
        process.start_posting()

    assert [process.wait() for process in processes] == [0] * 3
    assert sent(telegram) == ["Good morning."]


@pytest.mark.slow
def test_a_process_killed_before_sending_leaves_its_key_acquired(
    poster: Poster, telegram: TelegramServer
) -> None:
    process = PostingProcess(poster, is_killed=True)
    process.start_posting()
    assert process.wait() == -signal.SIGKILL

    # The message is not sent, since nobody knows whether it was
    assert poster.post() is PostOutcome.IN_DOUBT
    assert sent(telegram) == []

    assert poster.post(again=True) is PostOutcome.SENT
    assert sent(telegram) == ["Good morning."]


def test_a_message_without_a_response_is_not_sent_again(
    poster: Poster, telegram: TelegramServer
) -> None:
    telegram.lose_answers(method="sendMessage")

    error = failure(poster)

    assert isinstance(error, DeliveryUnknownError)
    assert "so it is not sent again automatically" in str(error)
    assert poster.post() is PostOutcome.IN_DOUBT
    assert sent(telegram) == ["Good morning."]


def test_a_server_error_leaves_delivery_unknown(poster: Poster, telegram: TelegramServer) -> None:
    telegram.fail(502)

    assert isinstance(failure(poster), DeliveryUnknownError)
    assert poster.post() is PostOutcome.IN_DOUBT


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_rejected_message_is_sent_by_the_next_attempt(
    poster: Poster, telegram: TelegramServer, status: int
) -> None:
    telegram.fail(status)

    failure(poster)

    assert poster.claims.read(KEY) is None
    assert poster.post() is PostOutcome.SENT
    assert len(sent(telegram)) == 1


def test_an_unreachable_server_leaves_the_message_to_the_next_attempt(poster: Poster) -> None:
    unreachable = Poster(poster.lake_uri, "http://127.0.0.1:9")

    assert type(failure(unreachable)) is NoResponseError
    assert poster.post() is PostOutcome.SENT


def test_a_rejection_explains_what_to_do_about_the_chat_and_undoes_nothing(
    poster: Poster, telegram: TelegramServer
) -> None:
    poster.post()
    telegram.fail(403, description="Forbidden: bot was kicked from the supergroup chat")

    error = failure(poster, again=True)

    assert isinstance(error, BadRequestError)
    assert str(error).endswith("The bot was removed from the chat -1001234567890: add it again.")
    assert poster.post() is PostOutcome.SENT_BEFORE


def test_rate_limits_are_waited_for_without_holding_the_key(
    poster: Poster, telegram: TelegramServer
) -> None:
    held: list[Claim | None] = []
    poster.while_waiting = lambda: held.append(poster.claims.read(KEY))
    telegram.flood(40)
    telegram.flood(3)

    assert poster.post() is PostOutcome.SENT
    assert poster.waits == [40, 3]
    assert poster.log[0].startswith("Telegram asks to wait 40 s before the next sendMessage (429).")
    assert held == [None, None]
    assert len(sent(telegram)) == 1


@pytest.fixture
def chat(pipeline: Pipeline, telegram: TelegramServer) -> Iterator[AdminChat]:
    claims = IdempotencyStore(pipeline.lake.store, lambda: datetime(2026, 10, 8, tzinfo=UTC))
    with BotApiClient(Secret(telegram.token), telegram.url) as api:
        yield AdminChat(api, "@Admins", claims, RateLimitRetry(lambda _: None, lambda _: None))


DIGEST = Digest(PERIOD, [(plain("text"),)], b"png", [(plain("caption"),)])


def test_a_digest_is_posted_once_unless_again_is_set(
    chat: AdminChat, telegram: TelegramServer
) -> None:
    first, second, again = (list(post_digest(chat, DIGEST, again=n == 2)) for n in range(3))

    sent_both = [PostedMessage(TEXT, PostOutcome.SENT), PostedMessage(CHART, PostOutcome.SENT)]
    assert first == again == sent_both
    assert {posted.outcome for posted in second} == {PostOutcome.SENT_BEFORE}
    assert sent(telegram) == ["text", "caption"] * 2
    assert telegram.messages[1].file == b"png"


def test_each_period_and_chat_has_its_own_digest(chat: AdminChat, telegram: TelegramServer) -> None:
    for period in (PERIOD, PERIOD.previous(), DigestPeriod.of(DigestKind.WEEK, DAY)):
        list(post_digest(chat, replace(DIGEST, period=period)))
    list(post_digest(replace(chat, chat="-5"), DIGEST))

    assert len(sent(telegram)) == 8
    list(post_digest(replace(chat, chat="@admins"), DIGEST))
    assert len(sent(telegram)) == 8, "names of chats are case-insensitive"


@pytest.mark.parametrize(
    ("method", "text_outcome"),
    [("sendPhoto", PostOutcome.SENT_BEFORE), ("sendMessage", PostOutcome.IN_DOUBT)],
)
def test_the_next_attempt_sends_only_what_was_not_attempted(
    chat: AdminChat, telegram: TelegramServer, method: str, text_outcome: PostOutcome
) -> None:
    # Given a chart that is rejected, or a text without a response
    if method == "sendPhoto":
        telegram.fail(400, method=method)
    else:
        telegram.lose_answers(method=method)
    with pytest.raises(TelegramError):
        list(post_digest(chat, DIGEST))
    assert not is_posted(chat.claims, chat.chat, PERIOD)

    posted = list(post_digest(chat, DIGEST))

    assert posted == [PostedMessage(TEXT, text_outcome), PostedMessage(CHART, PostOutcome.SENT)]
    assert sent(telegram) == ["text", "caption"]
    assert is_posted(chat.claims, chat.chat, PERIOD)
