"""Bots built with the libraries that most are built with answer a user through the server."""

import asyncio
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import BufferedInputFile, Message
from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from tg_pipeline_tests.telegram_server.server import TelegramServer


async def poll_with_aiogram(telegram: TelegramServer) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart())
    async def greet(message: Message) -> None:
        sent = await message.reply("hi from aiogram")
        picture = BufferedInputFile(b"a picture", "a.png")
        await message.answer_photo(picture, caption=f"after {sent.message_id}")

    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))
    bot = Bot(telegram.token, session=session)
    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    await asyncio.to_thread(telegram.wait_for_messages, 2)
    await asyncio.to_thread(telegram.wait_until_delivered)
    await dispatcher.stop_polling()
    await polling


async def poll_with_ptb(telegram: TelegramServer) -> None:
    async def greet(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        sent = await update.message.reply_text("hi from ptb", do_quote=True)
        await update.message.reply_photo(b"a picture", caption=f"after {sent.message_id}")

    builder = Application.builder().token(telegram.token).base_url(f"{telegram.url}/bot")
    application: Any = builder.build()
    application.add_handler(CommandHandler("start", greet))
    async with application:
        await application.start()
        await application.updater.start_polling()
        await asyncio.to_thread(telegram.wait_for_messages, 2)
        await asyncio.to_thread(telegram.wait_until_delivered)
        await application.updater.stop()
        await application.stop()


def test_an_aiogram_bot_answers(telegram: TelegramServer) -> None:
    telegram.user_sends(5, "/start")

    asyncio.run(poll_with_aiogram(telegram))

    text, photo = telegram.messages
    assert (text.text, text.reply_to, photo.text) == ("hi from aiogram", 1, "after 2")
    assert photo.file == b"a picture"


def test_a_python_telegram_bot_answers(telegram: TelegramServer) -> None:
    telegram.user_sends(5, "/start")

    asyncio.run(poll_with_ptb(telegram))

    text, photo = telegram.messages
    assert (text.text, text.reply_to, photo.text) == ("hi from ptb", 1, "after 2")
    assert photo.file == b"a picture"
