-- Missing update ids of each bot. Telegram increments the id by one, and continues at a random id
-- after a week without updates, so a jump after such a pause is not a gap. Ids are in the order of
-- delivery and days in that of events, so enriched_updates also has the day before and the day
-- after the period: an id that seems to be missing may belong to one of these.
WITH ordered AS (
    SELECT
        bot_id,
        context_date,
        update_id,
        coalesce(event_at, received_at) AS happened_at,
        lag(update_id) OVER numbered AS update_id_before,
        lag(coalesce(event_at, received_at)) OVER numbered AS happened_before
    FROM enriched_updates
    WINDOW numbered AS (PARTITION BY bot_id ORDER BY update_id)
)

SELECT
    bot_id,
    context_date AS day,
    CAST(sum(update_id - update_id_before - 1) AS bigint) AS missing
FROM ordered
WHERE
    update_id > update_id_before + 1
    AND abs(date_diff('second', happened_before, happened_at)) < 7 * 86400
    AND context_date BETWEEN $first AND $last
GROUP BY bot_id, context_date
ORDER BY day, bot_id
