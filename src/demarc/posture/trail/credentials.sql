-- With which credentials each identity came; those that it used most, at most so many of each.
-- parameter: most BIGINT, credentials of an identity at most
WITH credentials AS (
  SELECT
    user_name, credential_id, legacy_secret, token_pod, token_node,
    SUM(CASE WHEN stage = 'ResponseStarted' THEN 0 ELSE 1 END) AS requests,
    COUNT(DISTINCT source_ip) AS source_ips,
    MIN(ts_us) AS first_us,
    MAX(ts_us) AS last_us,
    MIN(event_id) AS event_id
  FROM events
  WHERE user_name <> '' AND ts_us > 0 AND stage <> 'RequestReceived' AND (credential_id <> '' OR legacy_secret <> '' OR token_pod <> '')
  GROUP BY user_name, credential_id, legacy_secret, token_pod, token_node
), placed AS (
  SELECT
    user_name, credential_id, legacy_secret, token_pod, token_node, requests, source_ips, first_us, last_us, event_id,
    COUNT(*) OVER (PARTITION BY user_name) AS among,
    ROW_NUMBER() OVER (PARTITION BY user_name ORDER BY requests DESC, credential_id, legacy_secret, event_id) AS place
  FROM credentials
)
SELECT
  user_name, credential_id, legacy_secret, token_pod, token_node, requests, source_ips, first_us, last_us, among, place
FROM placed
WHERE place <= $most
ORDER BY
  user_name, place, credential_id, legacy_secret, token_pod, token_node, requests, source_ips, first_us, last_us, among
