"""A proxy in front of a bucket that makes some requests fail."""

import asyncio
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from aiohttp import ClientSession, web
from yarl import URL

REFUSALS: Final = {
    "SlowDown": 503,
    "InternalError": 500,
    "ExpiredToken": 403,
    "ConditionalRequestConflict": 409,
}
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

CUT_BEFORE, CUT_AFTER = "cut before it is stored", "cut after it is stored"
TROUBLES: Final = (*REFUSALS, CUT_BEFORE, CUT_AFTER)

LATE, CUT_MIDWAY = "answered late", "cut amid the answer"
CUT_UNNOTICED = "cut between chunks, without a length"
SHORTENED, LENGTHENED = "shorter, with that length", "longer, with that length"
WRONG_SIZES: Final = (CUT_UNNOTICED, SHORTENED, LENGTHENED)
"""What HTTP takes for complete answers."""

LATENESS: Final = 0.2
"""Seconds."""

OF_ONE_CONNECTION: Final = frozenset({"connection", "content-length", "transfer-encoding"})


def is_put(request: web.Request) -> bool:
    return request.method == "PUT"


def is_anything(_: web.Request) -> bool:
    return True


def is_landed_body(request: web.Request) -> bool:
    return request.method == "GET" and "/telegram/context_date=" in request.path


@dataclass
class FailingProxy:
    """Forwards requests; some of them fail, in the given ways one after the other."""

    target: str
    random: Random
    chance: float
    failures: Iterator[str]
    may_fail: Callable[[web.Request], bool] = is_put
    """Which requests may fail."""

    met: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=2**30)
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body, trouble = await request.read(), self._trouble(request)
        if trouble in REFUSALS:
            document = f"<Error><Code>{trouble}</Code><Message>no</Message></Error>"
            return web.Response(
                status=REFUSALS[trouble], text=document, content_type="application/xml"
            )
        if trouble == CUT_BEFORE:
            return _cut(request)
        if trouble == LATE:
            await asyncio.sleep(LATENESS)
        answer = await self._forward(request, body)
        if trouble == CUT_MIDWAY:
            return await _answer_half(request, answer)
        if trouble in WRONG_SIZES:
            return await _answer_wrongly(request, answer, trouble)
        return _cut(request) if trouble == CUT_AFTER else answer

    def _trouble(self, request: web.Request) -> str:
        if not self.may_fail(request) or self.random.random() >= self.chance:
            return ""
        self.met.append(next(self.failures, ""))
        return self.met[-1]

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        url = URL(f"{self.target}{request.raw_path}", encoded=True)
        headers = _forwarded(request.headers)
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, data=io.BytesIO(body), headers=headers) as answer,
        ):
            content, headers = await answer.read(), _forwarded(answer.headers)
            if request.method == "HEAD" and answer.content_length is not None:
                headers.append(("Content-Length", str(answer.content_length)))
                return web.Response(status=answer.status, headers=headers)
            return web.Response(body=content, status=answer.status, headers=headers)


def _forwarded(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [each for each in headers.items() if each[0].lower() not in OF_ONE_CONNECTION]


async def _answer_half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    _cut(request)
    return half


async def _answer_wrongly(
    request: web.Request, answer: web.Response, trouble: str
) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    wrong = body + body if trouble == LENGTHENED else body[: len(body) // 2]
    changed = web.StreamResponse(status=answer.status, headers=answer.headers)
    if trouble == CUT_UNNOTICED:
        changed.enable_chunked_encoding()
    else:
        changed.content_length = len(wrong)
    await changed.prepare(request)
    await changed.write(wrong)
    await changed.write_eof()
    return changed


def _cut(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()
