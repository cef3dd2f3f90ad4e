-- Who made requests: how many, how many were refused, from how many addresses, and when first and last.
SELECT
  user_name,
  COUNT(*) AS events,
  SUM(CASE WHEN code = 401 OR decision = 'forbid' THEN 1 ELSE 0 END) AS refused,
  COUNT(DISTINCT peer_ip) AS peers,
  COUNT(DISTINCT credential_id) AS credentials,
  MIN(ts_us) AS first_us,
  MAX(ts_us) AS last_us
FROM events
GROUP BY user_name
ORDER BY user_name
