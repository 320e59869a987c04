"""Who comes back: marts of all days, made of user_activity."""

from typing import Final

from tg_pipeline.layers.schema import always
from tg_pipeline.marts.activity_marts import USER_ACTIVITY
from tg_pipeline.marts.columns import BOT, count, day, number
from tg_pipeline.marts.mart import Law, Mart

ACTIVE_USERS: Final = Mart(
    name="active_users",
    answers="How many people do anything on a day, within 7 days, and within 30.",
    cannot_know="People who only read, or who speak for a chat; and in the first 30 days who was "
    "there before the first day.",
    columns={
        **BOT,
        "day": always(day("The day; each from the first active one to the last has a row.")),
        "daily_users": count("Distinct people who did anything on that day; bots are none."),
        "weekly_users": count("Distinct people on that day and the 6 days before."),
        "monthly_users": count("Distinct people on that day and the 29 days before."),
        "stickiness": number("daily_users / monthly_users; null where nobody was there."),
    },
    sources=(USER_ACTIVITY,),
    law=Law(
        "active_days_are_conserved",
        "Days on which each person did anything = the sum of daily_users.",
        entered="SELECT count(*) FROM (SELECT DISTINCT bot_id, user_id, context_date "
        "FROM user_activity WHERE NOT is_bot)",
        accounted="SELECT sum(daily_users) FROM active_users",
    ),
)

RETENTION: Final = Mart(
    name="retention",
    answers="Of the people who first came in a week, how many came back in each later week.",
    cannot_know="Who had come before the first day; and the last week is mostly not over.",
    columns={
        **BOT,
        "cohort_week": always(day("The Monday of the ISO week in which they first did anything.")),
        "cohort_size": count("Distinct people who did."),
        "week_offset": count("Weeks since then; 0 is that week itself."),
        "returned": count("Of these, people who did anything in that later week."),
        "share": always(number("returned / cohort_size.")),
    },
    sources=(USER_ACTIVITY,),
    law=Law(
        "active_weeks_are_conserved",
        "Weeks in which each person did anything = the sum of returned.",
        entered="SELECT count(*) FROM (SELECT DISTINCT bot_id, user_id, "
        "date_trunc('week', context_date) FROM user_activity WHERE NOT is_bot)",
        accounted="SELECT sum(returned) FROM retention",
    ),
)
