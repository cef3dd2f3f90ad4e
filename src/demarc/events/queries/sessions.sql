-- What each user did from each address, cut where it was silent for long.
-- parameter: idle_us BIGINT = 1800000000, microseconds of silence that end a session
WITH placed AS (
  SELECT
    user_name, peer_ip, ts_us, event_id,
    CASE
      WHEN ROW_NUMBER() OVER (PARTITION BY user_name, peer_ip ORDER BY ts_us, event_id) = 1 THEN 1
      ELSE CASE
        WHEN ts_us - LAG(ts_us) OVER (PARTITION BY user_name, peer_ip ORDER BY ts_us, event_id) > $idle_us THEN 1
        ELSE 0
      END
    END AS begins
  FROM events
),
numbered AS (
  SELECT
    user_name, peer_ip, ts_us, event_id,
    SUM(begins) OVER (PARTITION BY user_name, peer_ip ORDER BY ts_us, event_id) AS session
  FROM placed
)
SELECT user_name, peer_ip, session, COUNT(*) AS events, MIN(ts_us) AS first_us, MAX(ts_us) AS last_us
FROM numbered
GROUP BY user_name, peer_ip, session
ORDER BY user_name, peer_ip, session
