"""The webhook checks, stores and forwards a call, and responds with the right status."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lambda_ingest.settings import SettingsError
from lambda_ingest.synthetic.call_params import FORM
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, after_breaking, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import ARRIVED, DAY_FOLDER, Container, stored, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, in_base64

NewContainer = Callable[..., Container]

GROUP, SUPERGROUP, STRANGER = -42, -1001234567890, -7
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
MEBIBYTE = 1024 * 1024
EMPTY_200 = {"statusCode": 200, "headers": {}, "body": "", "isBase64Encoded": False}
NO_SECRET = {"TELEGRAM_SECRET_TOKEN": ""}


class TestOpening:
    @pytest.mark.parametrize("settings", [{}, {"TG_WITHOUT_SECRET_TOKEN": "true"}])
    def test_a_secret_is_required(
        self, new_container: NewContainer, settings: dict[str, str]
    ) -> None:
        message = r"^TELEGRAM_SECRET_TOKEN is not set, so anyone could"
        with pytest.raises(SettingsError, match=message):
            new_container(**NO_SECRET | settings)

    def test_it_can_be_opened_without_a_secret_explicitly_and_checks_one_that_is_set(
        self, new_container: NewContainer
    ) -> None:
        container = new_container(**NO_SECRET, TG_WITHOUT_SECRET_TOKEN="yes")  # noqa: S106 - a switch

        assert container.status(update(5), headers={}) == 200
        assert container.status(update(6)) == 200
        assert len(container.stored()) == 2
        with_secret = new_container(TG_WITHOUT_SECRET_TOKEN="yes")  # noqa: S106 - a switch
        assert with_secret.status(update(7), headers={}) == 403

    def test_the_bot_must_be_known_unless_it_is_said_that_there_is_only_one(
        self, new_container: NewContainer
    ) -> None:
        for bot_id in ("", "0"):
            with pytest.raises(SettingsError, match=r"^TELEGRAM_BOT_ID is not set, so updates of"):
                new_container(TELEGRAM_BOT_ID=bot_id)

        container = new_container(TELEGRAM_BOT_ID="", TG_WITHOUT_BOT_ID="yes")

        assert container.status(update(5)) == 200
        assert list(container.stored()) == [f"{DAY_FOLDER}/0-5.json"]


def large(size: int) -> bytes:
    return update(5, text="x" * (size - len(update(5, text=""))))


class TestChecks:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            None,
            {SECRET_HEADER: ""},
            {SECRET_HEADER: SECRET.lower()},
            {SECRET_HEADER: [SECRET]},
            {"Authorization": SECRET},
        ],
        ids=repr,
    )
    def test_without_the_secret_it_is_403(self, container: Container, headers: Any) -> None:
        assert container.status(update(5), headers=headers) == 403

        assert container.stored() == {}
        assert [line["unauthorized"] for line in container.lines()] == [1]

    def test_the_previous_secret_passes_while_it_is_replaced(
        self, new_container: NewContainer
    ) -> None:
        new = "the-new-secret-of-5"
        container = new_container(TELEGRAM_SECRET_TOKEN=new, TELEGRAM_SECRET_TOKEN_PREVIOUS=SECRET)

        offered = [new, SECRET, new + SECRET, ""]
        statuses = [
            container.status(update(number), headers={SECRET_HEADER: secret})
            for number, secret in enumerate(offered)
        ]

        assert statuses == [200, 200, 403, 403]
        assert len(container.stored()) == 2

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            *[("/7/hook", 200), ("/7/hook/", 200)],
            *[("", 404), ("/7", 404), ("/7/hook/x", 404), ("/7/Hook", 404)],
        ],
    )
    def test_another_path_than_the_one_that_is_set_is_404(
        self, new_container: NewContainer, path: str, status: int
    ) -> None:
        container = new_container(TG_WEBHOOK_PATH="/7/hook/")

        assert container.handle(http_event(update(5), path=path))["statusCode"] == status
        assert len(container.stored()) == (status == 200)

    @pytest.mark.parametrize("wrap", [in_base64, lambda event: event], ids=["base64", "text"])
    def test_a_body_of_more_than_a_mebibyte_is_413(self, container: Container, wrap: Any) -> None:
        accepted, too_large = large(MEBIBYTE), large(MEBIBYTE + 1)

        assert container.handle(wrap(http_event(accepted)))["statusCode"] == 200
        assert container.handle(wrap(http_event(too_large)))["statusCode"] == 413
        assert list(container.stored().values()) == [accepted]

    @pytest.mark.parametrize(
        ("declared", "status"),
        [
            *[(str(MEBIBYTE), 200), (str(MEBIBYTE + 1), 413), ("9" * 5_000, 413)],
            *[("-1", 200), ("many", 200), ("\N{ARABIC-INDIC DIGIT NINE}" * 8, 200)],
        ],
    )
    def test_a_content_length_of_more_than_a_mebibyte_is_413(
        self, container: Container, declared: str, status: int
    ) -> None:
        headers = {SECRET_HEADER: SECRET, "Content-Length": declared}

        assert container.status(update(5), headers=headers) == status

    def test_the_path_is_checked_before_the_method_the_secret_and_the_size(
        self, new_container: NewContainer
    ) -> None:
        container = new_container(TG_WEBHOOK_PATH="/telegram")
        responses = []
        for path, method, headers in [
            ("/", "GET", {}),
            ("/telegram", "GET", {}),
            ("/telegram", "POST", {}),
            ("/telegram", "POST", {SECRET_HEADER: SECRET}),
        ]:
            event = http_event(None, path=path, method=method)
            event |= {"body": "x" * (MEBIBYTE + 1), "headers": headers}
            responses.append(container.handle(event))

        assert [each["statusCode"] for each in responses] == [404, 405, 403, 413]
        assert responses[1]["headers"] == {"Allow": "POST"}
        assert {each["body"] for each in responses} == {""}
        assert container.stored() == {}
        logged = [
            (each["status"], each["refused"], each["unauthorized"]) for each in container.lines()
        ]
        assert logged == [(404, 1, 0), (413, 2, 1)]

    def test_the_body_of_an_unauthenticated_call_is_not_decoded(self, container: Container) -> None:
        event = http_event(None) | {"body": "not base64", "isBase64Encoded": True}

        assert container.handle(event | {"headers": {}})["statusCode"] == 403
        assert container.handle(event)["statusCode"] == 400


class TestStoring:
    @pytest.mark.parametrize("chats", ["", str(GROUP)], ids=["all chats", "one chat"])
    def test_a_failing_store_is_500_and_the_retry_lands(
        self, new_container: NewContainer, tmp_path: Path, chats: str
    ) -> None:
        # Given a container that has stored an update, and a file where its folder was
        container = new_container(TELEGRAM_CHAT_IDS=chats)
        assert container.status(update(4, chat={"id": GROUP})) == 200
        folder = tmp_path / "landing" / "telegram"
        folder.rename(tmp_path / "away")
        folder.write_text("not a folder")

        # When an update arrives, and again after the file is gone
        body = update(5, chat={"id": GROUP})
        failed = container.post(body)
        folder.unlink()

        # Then the first response makes Telegram send it again, and it lands
        container.clock_step = timedelta(seconds=1)
        assert (failed["statusCode"], failed["body"]) == (500, "")
        assert container.status(body) == 200
        assert container.stored() == {f"{DAY_FOLDER}/7-5.json": body}
        assert [line["level"] for line in container.lines()] == ["INFO", "ERROR", "INFO"]
        _, error, line = container.lines()
        assert error["why"].startswith("The store failed: ")
        assert (line["key"], line["status"]) == (f"{DAY_FOLDER}/7-5.json", 200)
        assert line["ms"] >= 1_000


DONE = reply(connection="close")


class TestTimes:
    """A clock that is wrong is noticed by the updates that arrive."""

    @pytest.mark.parametrize("days", [-8, 2])
    def test_a_date_that_decides_no_day_is_counted_and_logged_without_texts(
        self, container: Container, days: int
    ) -> None:
        happened_at = ARRIVED + timedelta(days=days)
        body = {"date": int(happened_at.timestamp()), "text": "hidden"}

        assert container.status(json.dumps({"update_id": 5, "message": body}).encode()) == 200

        (line,) = container.lines()
        assert (line["level"], line["landed"], line["implausible_date"]) == ("WARNING", 1, 1)
        assert line["why_date"] == (
            f"Update 5 is dated {happened_at:%Y-%m-%d} 15:00:00 UTC, but arrived on 2026-10-07 "
            "15:00:00 UTC, so it belongs to the day it arrived."
        )
        assert "hidden" not in container.log.getvalue()
        assert list(container.stored()) == ["telegram/context_date=2026-10-07/7-5.json"]

    @pytest.mark.parametrize(("seconds", "is_behind"), [(60, 0), (61, 1), (90_000, 1), (-90, 0)])
    def test_an_update_that_has_not_happened_yet_proves_that_the_clock_is_behind(
        self, container: Container, seconds: int, is_behind: int
    ) -> None:
        body = {"date": int(ARRIVED.timestamp()) + seconds}

        container.post(json.dumps({"update_id": 5, "message": body}).encode())

        (line,) = container.lines()
        assert (line["landed"], line["clock_behind"]) == (1, is_behind)
        assert (f"at least {seconds:,} s behind" in line.get("why_clock", "")) == bool(is_behind)

    def test_an_update_that_is_not_stored_is_not_counted(self, new_container: NewContainer) -> None:
        container = new_container(TELEGRAM_CHAT_IDS="-42")
        body = {"date": 1_600_000_000, "chat": {"id": -7}}

        container.post(json.dumps({"update_id": 5, "message": body}).encode())

        (line,) = container.lines()
        assert (line["filtered"], line["implausible_date"]) == (1, 0)


class TestForwarding:
    @pytest.mark.parametrize("status", [200, 302, 429])
    def test_the_bot_s_response_is_returned_and_counted_as_failed_unless_2xx(
        self, new_container: NewContainer, status: int
    ) -> None:
        method = b'{"method": "sendMessage", "chat_id": 5, "text": "ol\xc3\xa1"}'
        response = reply(method, f"{status} Whatever", retry_after="30", connection="close")

        with Bot(always(response)) as bot:
            container = new_container(FORWARD_URL=bot.url)
            returned = container.post(update(5))

        headers = {"Retry-After": "30"}
        assert returned == EMPTY_200 | {
            "statusCode": status,
            "headers": headers,
            "body": method.decode(),
        }
        (line,) = container.lines()
        assert (line["landed"], line["failed"]) == (1, int(status != 200))

    def test_an_update_is_durable_before_the_bot_gets_it_without_our_secret(
        self, new_container: NewContainer
    ) -> None:
        found: list[dict[str, bytes]] = []

        def inspect(_: Heard, __: Event) -> Iterable[bytes]:
            found.append(stored(new_container().landing))
            return [DONE]

        with Bot(inspect) as bot:
            new_container(FORWARD_URL=bot.url).post(update(5))

        assert found == [{f"{DAY_FOLDER}/7-5.json": update(5)}]
        assert SECRET not in str(bot.heard)

    def test_an_unreachable_bot_is_502_and_the_retry_lands_nothing_twice(
        self, new_container: NewContainer
    ) -> None:
        # Given a bot that is down
        with Bot(always(DONE)) as down:
            pass
        container = new_container(FORWARD_URL=down.url)

        # When an update arrives, and again once the bot is back
        first = container.post(update(5))
        with Bot(always(DONE), port=down.port) as back:
            second = container.post(update(5))

        # Then the bot got it from the retry, and it landed once
        assert (first["statusCode"], first["body"]) == (502, "")
        assert second["statusCode"] == 200
        assert [heard.body for heard in back.heard] == [update(5)]
        assert container.stored() == {f"{DAY_FOLDER}/7-5.json": update(5)}
        names = ("landed", "duplicate", "failed", "level")
        lines = [tuple(line[name] for name in names) for line in container.lines()]
        assert lines == [(1, 0, 1, "ERROR"), (0, 1, 0, "INFO")]

    def test_the_time_of_the_store_reduces_that_of_the_bot(
        self, new_container: NewContainer
    ) -> None:
        with Bot(always(DONE)) as bot:
            container = new_container(FORWARD_URL=bot.url)
            container.clock_step = timedelta(seconds=26)

            assert container.status(update(5)) == 504

        assert bot.heard == []

    def test_a_type_that_the_bot_did_not_ask_for_is_stored_and_not_forwarded(
        self, new_container: NewContainer
    ) -> None:
        types = ["message", "chat_member", "poll", "message_reaction", "of_a_later_version"]
        bodies = {name: update(number, name) for number, name in enumerate(types)}

        def forwarded(listed: str) -> list[str]:
            with Bot(always(DONE)) as bot:
                container = new_container(FORWARD_URL=bot.url, FORWARD_ALLOWED_UPDATES=listed)
                assert {container.status(body) for body in bodies.values()} == {200}
                heard = [each.body for each in bot.heard]
            return [name for name, body in bodies.items() if body in heard]

        assert forwarded("") == ["message", "poll", "of_a_later_version"]
        assert forwarded("chat_member, poll") == ["chat_member", "poll"]
        assert sorted(new_container().stored().values()) == sorted(bodies.values())

    def test_filtered_updates_are_forwarded_too(self, new_container: NewContainer) -> None:
        with Bot(always(DONE)) as bot:
            container = new_container(FORWARD_URL=bot.url, TELEGRAM_CHAT_IDS="5")

            assert container.status(update(5, chat={"id": STRANGER})) == 200

        assert len(bot.heard) == 1
        assert container.stored() == {}
        assert container.lines()[0]["filtered"] == 1

    def test_rejected_and_unstored_calls_are_not_forwarded(
        self, new_container: NewContainer, tmp_path: Path
    ) -> None:
        with Bot(always(DONE)) as bot:
            container = new_container(FORWARD_URL=bot.url, TG_WEBHOOK_PATH="/telegram")
            (tmp_path / "landing" / "telegram").write_text("not a folder")

            statuses = [
                container.status(update(5), headers={}),
                container.handle(http_event(update(5), path="/"))["statusCode"],
                container.status(b"x" * (MEBIBYTE + 1)),
                container.status(update(5)),
            ]

        assert statuses == [403, 404, 413, 500]
        assert bot.heard == []


PRESSED = b'{"update_id": 5, "callback_query": {"id": "1", "from": {"id": 5}, "data": "a"}}'
REPLY = b' {"method": "sendMessage",\n"chat_id": 5, "text": "ol\xc3\xa1"}'
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="method"\r\n\r\nsendPhoto\r\n'
    b'--b\r\nContent-Disposition: form-data; name="caption"\r\n\r\nol\xc3\xa1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="p"; filename="p.png"\r\n\r\n\xff\xd8\r\n--b--'
)


def replies(container: Container) -> list[dict[str, Any]]:
    """Return the stored calls, without their ids."""
    lines = map(json.loads, stored(container.landing, "telegram").values())
    return [line["bot_call"] for line in lines if "bot_call" in line]


class TestReplies:
    @pytest.mark.parametrize("sent", [update(5), PRESSED], ids=["dated", "without a date"])
    def test_what_the_bot_answers_is_stored_as_a_call_once(
        self, new_container: NewContainer, sent: bytes
    ) -> None:
        # Given a bot that answers an update, and otherwise if it gets it again
        answers = iter([REPLY, b'{"method": "sendChatAction"}'])

        def answer(_: Heard, __: Event) -> Iterable[bytes]:
            return [reply(next(answers), connection="close")]

        # When an update arrives twice
        with Bot(answer) as bot:
            container = new_container(FORWARD_URL=bot.url)
            first, second = container.post(sent), container.post(sent)

        # Then Telegram gets both answers, and the first is stored, without an outcome
        assert first["body"].encode() == REPLY
        assert "sendChatAction" in second["body"]
        (stored_reply,) = replies(container)
        assert stored_reply.pop("called_at_ms") > 0
        assert stored_reply.pop("date") > 0
        assert stored_reply == {
            "chat": {"id": 5},
            "method": "sendMessage",
            "params": {"chat_id": 5, "text": "olá"},
            "source": "webhook_reply",
            "answers_update_id": 5,
        }

    @pytest.mark.parametrize(
        ("content_type", "body", "called"),
        [
            (
                FORM,
                b"method=sendMessage&text=ol%C3%A1+a&chat_id=5",
                ("sendMessage", {"text": "olá a", "chat_id": "5"}),
            ),
            (
                "multipart/form-data; boundary=b",
                MULTIPART,
                (
                    "sendPhoto",
                    {"caption": "olá", "p": {"file_name": "p.png", "file_size": 2}},
                ),
            ),
        ],
    )
    def test_a_form_is_stored_as_parameters_without_the_contents_of_files(
        self,
        new_container: NewContainer,
        content_type: str,
        body: bytes,
        called: tuple[str, dict[str, Any]],
    ) -> None:
        with Bot(always(reply(body, content_type=content_type, connection="close"))) as bot:
            container = new_container(FORWARD_URL=bot.url)
            container.post(update(5))

        (call,) = replies(container)
        assert (call["method"], call["params"]) == called

    @pytest.mark.parametrize(
        ("response", "settings"),
        [
            (reply(b"ok", connection="close"), {}),
            (reply(b'{"ok": true}', connection="close"), {}),
            (reply(b'["method"]', connection="close"), {}),
            (reply(b'{"method": 5}', connection="close"), {}),
            (reply(b"[" * 100_000, connection="close"), {}),
            (reply(b"text=a", content_type=FORM, connection="close"), {}),
            (reply(MULTIPART, content_type="multipart/form-data", connection="close"), {}),
            (reply(REPLY, "500 Error", connection="close"), {}),
            (reply(REPLY, connection="close"), {"TELEGRAM_CHAT_IDS": "5"}),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_nothing_else_is_stored(
        self, new_container: NewContainer, response: bytes, settings: dict[str, str]
    ) -> None:
        with Bot(always(response)) as bot:
            container = new_container(FORWARD_URL=bot.url, **settings)
            container.post(update(5, chat={"id": STRANGER}))

        assert replies(container) == []
        assert container.lines()[0]["reply_failed"] == 0

    def test_a_reply_that_can_not_be_stored_reaches_telegram_and_is_counted(
        self, new_container: NewContainer, tmp_path: Path
    ) -> None:
        with Bot(after_breaking(tmp_path / "landing", reply(REPLY, connection="close"))) as bot:
            container = new_container(FORWARD_URL=bot.url)
            answer = container.post(update(5))

        assert (answer["statusCode"], answer["body"].encode()) == (200, REPLY)
        (line,) = container.lines()
        assert (line["landed"], line["failed"], line["reply_failed"]) == (1, 0, 1)
        assert (line["level"], line["status"]) == ("WARNING", 200)
        assert line["why_reply"].startswith("The bot's reply is not stored: ")

    def test_a_slow_bot_leaves_no_time_to_store_its_reply(
        self, new_container: NewContainer
    ) -> None:
        with Bot(always(reply(REPLY, connection="close"))) as bot:
            container = new_container(FORWARD_URL=bot.url)
            container.clock_step = timedelta(seconds=9)

            assert container.status(update(5)) == 200

        assert replies(container) == []
        assert container.lines()[0]["reply_failed"] == 1
