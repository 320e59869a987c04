-- Written messages per hour, weekday (1 is Monday) and week of the year, by the bot's clocks.
-- A week belongs to the year that has its Thursday.
WITH written AS (
    SELECT from_unixtime("date") AT TIME ZONE 'America/Sao_Paulo' AS local_time
    FROM telegram
    WHERE is_written AND NOT is_copy
)

SELECT
    year_of_week(local_time) AS iso_year,
    week(local_time) AS iso_week,
    day_of_week(local_time) AS weekday,
    hour(local_time) AS hour,
    count(*) AS messages
FROM written
GROUP BY year_of_week(local_time), week(local_time), day_of_week(local_time), hour(local_time)
ORDER BY iso_year, iso_week, weekday, hour
