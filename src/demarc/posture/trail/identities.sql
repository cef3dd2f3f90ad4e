-- Who made requests; those who made most, at most so many.
-- parameter: most BIGINT, identities at most
WITH users AS (
  SELECT
    user_name,
    SUM(CASE WHEN stage = 'ResponseStarted' THEN 0 ELSE 1 END) AS requests,
    SUM(CASE WHEN (code IN (401, 403) OR decision = 'forbid') AND stage <> 'ResponseStarted' THEN 1 ELSE 0 END) AS refused,
    MIN(ts_us) AS first_us,
    MAX(ts_us) AS last_us,
    MAX(user_arn) AS arn,
    MAX(CONCAT(CAST(ts_us AS VARCHAR), CHR(10), user_groups)) AS last_groups,
    MIN(event_id) AS event_id
  FROM events
  WHERE user_name <> '' AND ts_us > 0 AND stage <> 'RequestReceived'
  GROUP BY user_name
), placed AS (
  SELECT
    user_name, requests, refused, first_us, last_us, arn, last_groups, event_id,
    COUNT(*) OVER () AS among,
    ROW_NUMBER() OVER (ORDER BY requests DESC, user_name, event_id) AS place
  FROM users
)
SELECT user_name, requests, refused, first_us, last_us, arn, last_groups, among
FROM placed
WHERE place <= $most
ORDER BY user_name, requests, refused, first_us, last_us, arn, last_groups, among
