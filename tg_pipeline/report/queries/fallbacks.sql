-- What the bot says when it does not know, as far as it said so in the period; counted since the
-- data begins.
SELECT text AS name, answers AS count
FROM fallback_answers
WHERE last_at >= $begin AND first_at < $end
ORDER BY count DESC, name
