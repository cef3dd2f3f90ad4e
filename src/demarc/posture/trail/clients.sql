-- From which addresses and with which agents each identity came; those that it used most, at most so many of each.
-- parameter: most BIGINT, clients of an identity at most
WITH clients AS (
  SELECT
    user_name, source_ip, peer_ip, agent,
    SUM(CASE WHEN stage = 'ResponseStarted' THEN 0 ELSE 1 END) AS requests,
    MIN(ts_us) AS first_us,
    MAX(ts_us) AS last_us,
    MIN(event_id) AS event_id
  FROM events
  WHERE user_name <> '' AND ts_us > 0 AND stage <> 'RequestReceived'
  GROUP BY user_name, source_ip, peer_ip, agent
), placed AS (
  SELECT
    user_name, source_ip, peer_ip, agent, requests, first_us, last_us, event_id,
    COUNT(*) OVER (PARTITION BY user_name) AS among,
    ROW_NUMBER() OVER (PARTITION BY user_name ORDER BY requests DESC, source_ip, peer_ip, agent, event_id) AS place
  FROM clients
)
SELECT user_name, source_ip, peer_ip, agent, requests, first_us, last_us, among, place
FROM placed
WHERE place <= $most
ORDER BY user_name, place, source_ip, peer_ip, agent, requests, first_us, last_us, among
