"""A bot written with aiogram: it answers in webhook replies, and by calls; or it polls."""

import asyncio
import os
import socket
import sys

from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandObject
from aiogram.methods import SendMessage
from aiogram.types import CallbackQuery, InlineQuery, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

router = Router()


@router.message(Command("ask"))
@router.edited_message(Command("ask"))
async def ask(message: Message, command: CommandObject) -> SendMessage:
    """Answer in the response to the webhook call."""
    return message.answer(f"answer to {command.args}")


@router.message(Command("tell"))
@router.edited_message(Command("tell"))
async def tell(message: Message, command: CommandObject) -> None:
    """Answer by a call."""
    await message.answer(f"answer to {command.args}")


@router.callback_query()
async def press(query: CallbackQuery) -> SendMessage:
    """Answer the button by a call, and its user in the response."""
    await query.answer()
    return SendMessage(chat_id=query.from_user.id, text=f"answer to {query.data}")


@router.inline_query()
async def look(query: InlineQuery) -> None:
    """Return no results."""
    await query.answer([])


async def main(settings: dict[str, str]) -> None:
    """Listen, or poll, until killed."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(settings["BOT_API"]))
    bot = Bot(settings["BOT_TOKEN"], session=session)
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    if settings.get("BOT_POLLS"):
        _announce()
        await dispatcher.start_polling(bot, polling_timeout=1)
        return
    application = web.Application()
    SimpleRequestHandler(
        dispatcher, bot, handle_in_background=False, secret_token=settings["BOT_SECRET"]
    ).register(application, settings["BOT_PATH"])
    runner = web.AppRunner(application)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", int(settings["BOT_PORT"])))
    await web.SockSite(runner, listening).start()
    _announce()
    await asyncio.Event().wait()


def _announce() -> None:
    sys.stdout.write("listening\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(dict(os.environ)))
