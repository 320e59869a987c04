-- When people write: messages by the hour and weekday of the clocks in $timezone.
WITH written AS (
    SELECT
        bot_id,
        chat_id,
        CASE WHEN activity = 'write' THEN person_id END AS writer_id,
        coalesce(event_at, received_at) AT TIME ZONE $timezone AS local_time,
        context_date
    FROM enriched_updates
    WHERE is_written AND NOT is_copy
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
    FROM written
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
    count(DISTINCT writer_id) AS users,
    context_date
FROM timed
GROUP BY context_date, bot_id, chat_id, week, iso_year, iso_week, weekday, hour
ORDER BY context_date, bot_id, chat_id, week, weekday, hour
