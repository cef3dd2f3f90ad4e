-- Who acted as whom.
SELECT
  user_name, impersonated_user,
  SUM(CASE WHEN stage = 'ResponseStarted' THEN 0 ELSE 1 END) AS requests,
  SUM(CASE WHEN code IN (401, 403) OR decision = 'forbid' THEN 1 ELSE 0 END) AS refused,
  MIN(agent) AS one_agent,
  MAX(agent) AS other_agent,
  MIN(ts_us) AS first_us,
  MAX(ts_us) AS last_us
FROM events
WHERE impersonated_user <> '' AND ts_us > 0 AND stage <> 'RequestReceived'
GROUP BY user_name, impersonated_user
ORDER BY user_name, impersonated_user
