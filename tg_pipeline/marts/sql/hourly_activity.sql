-- When people write: messages by the hour and weekday of the clocks in $timezone.
WITH sent AS (
    SELECT
        bot_id,
        chat_id,
        -- Whoever speaks for a chat does so through an account that all share.
        CASE WHEN sender_chat_id IS NULL AND NOT coalesce(user_is_bot, FALSE) THEN user_id END
            AS user_id,
        coalesce(event_at, received_at) AT TIME ZONE $timezone AS local_time,
        context_date
    FROM enriched_updates
    WHERE update_type IN ('message', 'channel_post', 'business_message', 'guest_message')
),

timed AS (
    SELECT
        *,
        CAST(date_trunc('week', local_time) AS date) AS week,
        -- An ISO week belongs to the year that has its Thursday.
        extract(YEAR FROM date_trunc('week', local_time) + INTERVAL 3 DAY) AS iso_year,
        extract(WEEK FROM local_time) AS iso_week,
        isodow(local_time) AS weekday,
        extract(HOUR FROM local_time) AS hour
    FROM sent
)

SELECT
    bot_id,
    chat_id,
    week,
    iso_year,
    iso_week,
    weekday,
    hour,
    count(*) AS messages,
    count(DISTINCT user_id) AS users,
    context_date
FROM timed
GROUP BY context_date, bot_id, chat_id, week, iso_year, iso_week, weekday, hour
ORDER BY context_date, bot_id, chat_id, week, weekday, hour
