"""A bot written with python-telegram-bot, with its own web server; or it polls.

https://github.com/python-telegram-bot/python-telegram-bot/blob/master/examples/customwebhookbot
"""

import asyncio
import hmac
import os
import socket
import sys
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    InlineQueryHandler,
)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
Context = ContextTypes.DEFAULT_TYPE


async def answer(update: Update, context: Context) -> None:
    """Answer a question, and one that was edited."""
    assert update.effective_chat
    number = " ".join(context.args or [])
    await context.bot.send_message(update.effective_chat.id, f"answer to {number}")


async def press(update: Update, context: Context) -> None:
    """Answer a button and its user."""
    query = update.callback_query
    assert query
    await query.answer()
    await context.bot.send_message(query.from_user.id, f"answer to {query.data}")


async def look(update: Update, _: Context) -> None:
    """Return no results."""
    assert update.inline_query
    await update.inline_query.answer([])


def web_application(application: Any, path: str, secret: str) -> Starlette:
    """Return a webhook that responds 200 after an update is handled."""

    async def take(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, ""), secret):
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        update = Update.de_json(await request.json(), application.bot)
        await application.process_update(update)
        return Response()

    return Starlette(routes=[Route(path, take, methods=["POST"])])


async def main(settings: dict[str, str]) -> None:
    """Listen, or poll, until killed."""
    builder = Application.builder().token(settings["BOT_TOKEN"])
    if not settings.get("BOT_POLLS"):
        builder = builder.updater(None)
    application: Any = builder.base_url(f"{settings['BOT_API']}/bot").build()
    application.add_handler(CommandHandler(["ask", "tell"], answer))
    application.add_handler(CallbackQueryHandler(press))
    application.add_handler(InlineQueryHandler(look))
    if settings.get("BOT_POLLS"):
        async with application:
            await application.updater.start_polling(timeout=1)
            await application.start()
            _announce()
            await asyncio.Event().wait()
    web = web_application(application, settings["BOT_PATH"], settings["BOT_SECRET"])
    server = uvicorn.Server(uvicorn.Config(web, log_level="warning", lifespan="off"))
    async with application:
        await application.start()
        listening = socket.create_server(("127.0.0.1", int(settings["BOT_PORT"])))
        _announce()
        await server.serve(sockets=[listening])
        await application.stop()


def _announce() -> None:
    sys.stdout.write("listening\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(dict(os.environ)))
