-- The newest names of some people.
SELECT user_id AS person, first_name AS name
FROM users
WHERE user_id IN (SELECT UNNEST($people))
ORDER BY user_id
