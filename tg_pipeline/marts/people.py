"""The marts about people, and the tables of names: bots, users, chats. All are of all days."""

from typing import Final

from tg_pipeline.layers.schema import always, boolean, int64, string
from tg_pipeline.marts.mart import ConservationRule, Mart, count, day, kind, number, plain_id
from tg_pipeline.marts.partials import (
    KNOWN_ACTIVE_DAYS,
    KNOWN_BOTS,
    KNOWN_CHATS,
    KNOWN_GROUPS,
    KNOWN_STARTS,
    KNOWN_USERS,
)

BOTS: Final = Mart(
    name="bots",
    description="The bots whose updates are in the lake, with their names.",
    limitations="The name of a bot that `tg-pipeline bot` was never called for, that was never "
    "added to a chat and that nobody replied to.",
    columns={
        "bot_id": plain_id("The bot."),
        "username": kind("Its newest known username, in lower case and without @."),
        "first_name": kind("Its newest known name; known once the bot was added to a chat."),
        "first_update_on": day("The day of its first update; null if there is none."),
        "last_update_on": day("The day of its last update."),
        "updates": count(
            "Updates that it received, copies included; without its calls and imported messages."
        ),
    },
    sources=(KNOWN_BOTS,),
    conservation_rule=ConservationRule(
        "updates_of_bots_are_conserved",
        "Updates in enriched_updates, as counted by month = the sum of updates.",
        input_rows="SELECT sum(updates) FROM known_bots",
        output_rows="SELECT sum(updates) FROM bots",
    ),
)

USERS: Final = Mart(
    name="users",
    description="The users that were seen, with their newest names: one row each, over all bots.",
    limitations="Whether a name, a username or a language that is no longer sent was removed: the "
    "newest one that was sent stays. Who only reads is never seen.",
    columns={
        "user_id": always(int64("The user, a person or a bot.")),
        "first_name": string("The newest `first_name`."),
        "username": string("The newest `username`, without @; null if none was ever sent."),
        "language_code": kind("The newest `language_code` of the user's app."),
        "is_bot": always(boolean("Whether it is a bot.")),
        "is_premium": boolean(
            "Whether the user had Telegram Premium when they last acted; null for users who never "
            "acted themselves."
        ),
        "first_seen_on": always(
            day("The first day on which they acted, or joined or left a chat.")
        ),
        "last_seen_on": always(day("The last such day.")),
    },
    sources=(KNOWN_USERS,),
    conservation_rule=ConservationRule(
        "users_are_conserved",
        "Distinct accounts in enriched_updates, as found by month = rows of users.",
        input_rows="SELECT count(DISTINCT user_id) FROM known_users",
        output_rows="SELECT count(*) FROM users",
    ),
)

CHATS: Final = Mart(
    name="chats",
    description="The chats that were seen, with their newest titles: one row each, over all bots.",
    limitations="A title or username that changed after the chat's last update; and that a group "
    "became a supergroup, if neither of the two messages about it was delivered. Of groups whose "
    "updates are no longer kept, the id is left, and the days with messages.",
    columns={
        "chat_id": always(int64("The chat, by the id of its updates.")),
        "newest_chat_id": always(
            int64("The id that it has now: another one if the group became a supergroup.")
        ),
        "type": kind("private, group, supergroup or channel; null if no longer known."),
        "title": string("The newest title; null for private chats."),
        "username": string("The newest `username`, without @; null if none was ever sent."),
        "first_seen_on": always(day("The day of its first update.")),
        "last_seen_on": always(day("The day of its last update.")),
    },
    sources=(KNOWN_CHATS, KNOWN_GROUPS),
    conservation_rule=ConservationRule(
        "chats_are_conserved",
        "Distinct chats in enriched_updates and groups in content_mix, as found by month = rows "
        "of chats.",
        input_rows="SELECT count(*) FROM "
        "(SELECT chat_id FROM known_chats UNION SELECT chat_id FROM known_groups)",
        output_rows="SELECT count(*) FROM chats",
    ),
)

SOURCES: Final = Mart(
    name="sources",
    description="Where the bot's people come from, and how many of them return.",
    limitations="Who pressed Start before the data begins, and came through a link without a "
    "payload (`https://t.me/bot?start=payload`). A payload is shown as the bot got it, also if it "
    "is encoded; if texts are not kept (`TG_DROP_TEXT`), neither are payloads. Who was active with "
    "the bot on an earlier day is not new, nor in the figures about returning. What people do in a "
    "supergroup with several bots is activity with the one with the lowest id only.",
    columns={
        "bot_id": plain_id("The bot."),
        "day": always(day("The day of the person's first /start to this bot in a private chat.")),
        "source": string("What followed that /start, the payload of the link; null if nothing."),
        "users": count("People; later /starts do not count."),
        "new_users": count("Of these, people who were not active with the bot on an earlier day."),
        "eligible_7": count(
            "Of the new ones, those whose first 7 days are over: the bot's last active day is at "
            "least 7 days later."
        ),
        "returned_7": count("Of these, people with any activity 7 or more days later."),
        "eligible_28": count("Of the new ones, those whose first 28 days are over."),
        "returned_28": count("Of these, people with any activity 28 or more days later."),
    },
    sources=(KNOWN_STARTS, KNOWN_ACTIVE_DAYS),
    conservation_rule=ConservationRule(
        "starts_are_conserved",
        "Distinct people with a /start, by bot, as found by month = the sum of users.",
        input_rows="SELECT count(*) FROM (SELECT DISTINCT bot_id, user_id FROM known_starts)",
        output_rows="SELECT sum(users) FROM sources",
    ),
)

ACTIVE_USERS: Final = Mart(
    name="active_users",
    description="How many people are active on a day, within 7 days, and within 30.",
    limitations="People who only read, or who act for a chat. In the first 30 days of the data, "
    "monthly_users is too low, because its window begins before the data.",
    columns={
        "day": always(day("The day; each from the first active one to the last has a row.")),
        "daily_users": count("Distinct people who were active on that day, over all bots."),
        "weekly_users": count("Distinct people who were active on that day or the 6 days before."),
        "monthly_users": count("Distinct people who were active on it or the 29 days before."),
        "stickiness": number("daily_users / monthly_users; null where nobody was active."),
    },
    sources=(KNOWN_ACTIVE_DAYS,),
    conservation_rule=ConservationRule(
        "active_days_are_conserved",
        "Days on which each person was active = the sum of daily_users.",
        input_rows="SELECT count(*) FROM (SELECT DISTINCT user_id, day FROM known_active_days)",
        output_rows="SELECT sum(daily_users) FROM active_users",
    ),
)

RETENTION: Final = Mart(
    name="retention",
    description="Of the people who were first active in a week, how many were active again in "
    "each later week.",
    limitations="Who was there before the data begins. People whose first activity falls within "
    "the first 7 days of a group's data, or outside of groups within 7 days of the first activity "
    "with the bot, are in no cohort for that reason; somebody who was there, but silent for these "
    "7 days, is taken for a newcomer. The imported history of a private chat does not make the "
    "bot's data begin earlier. The last week is usually not over.",
    columns={
        "cohort_week": always(day("The Monday of the ISO week of their first activity.")),
        "cohort_size": count("Distinct people of the cohort, over all bots."),
        "week_offset": count("Weeks since then; 0 is that week itself."),
        "returned": count("Of these, people who were active in that later week."),
        "share": always(number("returned / cohort_size; compare it with cohort_size.")),
    },
    sources=(KNOWN_ACTIVE_DAYS, KNOWN_GROUPS, CHATS),
    conservation_rule=ConservationRule(
        "cohorts_are_conserved",
        "Weeks in which each person of a cohort was active = the sum of returned.",
        input_rows="""
        WITH active AS (SELECT * RENAME (day AS context_date) FROM known_active_days),
        seen AS (
            SELECT chat_id, context_date AS seen_on FROM active
            UNION ALL SELECT chat_id, first_day FROM known_groups
        ),
        bot_starts AS (
            SELECT bot_id, min_by(context_date, (is_history, context_date)) AS bot_starts_on
            FROM active
            GROUP BY bot_id
        ),
        group_starts AS (
            SELECT DISTINCT
                chat_id,
                min(seen_on) OVER (PARTITION BY coalesce(newest_chat_id, chat_id)) AS starts_on
            FROM seen
            LEFT JOIN chats USING (chat_id)
            WHERE chat_id < 0
        ),
        first_days AS (
            SELECT user_id, context_date, coalesce(starts_on, bot_starts_on) AS starts_on
            FROM active
            INNER JOIN bot_starts USING (bot_id)
            LEFT JOIN group_starts USING (chat_id)
            QUALIFY rank() OVER (PARTITION BY user_id ORDER BY context_date) = 1
        ),
        newcomers AS (
            SELECT user_id
            FROM first_days
            GROUP BY user_id
            HAVING min(context_date - starts_on) >= 7
        )
        SELECT count(*)
        FROM (
            SELECT DISTINCT user_id, date_trunc('week', context_date)
            FROM active
            WHERE user_id IN (FROM newcomers)
        )
        """,
        output_rows="SELECT sum(returned) FROM retention",
    ),
)
