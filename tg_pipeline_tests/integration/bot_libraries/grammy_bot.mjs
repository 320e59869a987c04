// A bot written with grammY, in JavaScript: it polls.
// https://grammy.dev/guide/api#using-a-custom-bot-api-server

import { createRequire } from "node:module";

const require = createRequire(`${process.env.BOT_MODULES}/`);
const { Bot } = require("grammy");

const bot = new Bot(process.env.BOT_TOKEN, { client: { apiRoot: process.env.BOT_API } });
const answer = (context) => context.reply(`answer to ${context.match}`);

bot.command(["ask", "tell"], answer);
bot.on("edited_message:text", (context) => {
  const [, number] = context.editedMessage.text.split(" ");
  return context.reply(`answer to ${number}`);
});
bot.on("callback_query:data", async (context) => {
  await context.answerCallbackQuery();
  await context.api.sendMessage(context.from.id, `answer to ${context.callbackQuery.data}`);
});
bot.on("inline_query", (context) => context.answerInlineQuery([]));

await bot.init();
console.log("listening");
await bot.start({ timeout: 1 });
