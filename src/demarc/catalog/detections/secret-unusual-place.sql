-- Secret read from a new place
WITH seen AS (
  SELECT user_name, agent, ts_us,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
  FROM events
  WHERE user_name NOT IN ('', 'system:anonymous')
    AND user_name IN (
      SELECT DISTINCT user_name
      FROM events
      WHERE resource = 'secrets' AND verb IN ('get', 'list', 'watch') AND code BETWEEN 100 AND 299
    )
),
places AS (
  SELECT user_name, address, agent, MIN(ts_us) AS place_us
  FROM seen
  GROUP BY user_name, address, agent
),
addresses AS (
  SELECT user_name, address, MIN(place_us) AS address_us
  FROM places
  GROUP BY user_name, address
),
agents AS (
  SELECT user_name, agent, MIN(place_us) AS agent_us
  FROM places
  GROUP BY user_name, agent
),
users AS (
  SELECT user_name, MIN(place_us) AS user_us
  FROM places
  GROUP BY user_name
),
fresh AS (
  SELECT p.user_name AS user_name, p.address AS address, p.agent AS agent
  FROM places AS p
  JOIN addresses AS d ON d.user_name = p.user_name AND d.address = p.address
  JOIN agents AS a ON a.user_name = p.user_name AND a.agent = p.agent
  JOIN users AS u ON u.user_name = p.user_name
  WHERE d.address_us > u.user_us
    AND (a.agent_us = p.place_us OR a.agent_us >= d.address_us OR p.user_name NOT LIKE 'system:%')
),
reads AS (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
  FROM events
  WHERE resource = 'secrets' AND verb IN ('get', 'list', 'watch') AND code BETWEEN 100 AND 299
)
SELECT
  r.event_id AS event_id, r.ts_us AS ts_us, r.user_name AS user_name, r.credential_id AS credential_id,
  r.legacy_secret AS legacy_secret, r.source_ip AS source_ip, r.peer_ip AS peer_ip, r.shape AS shape,
  r.agent AS agent,
  1 AS shown
FROM reads AS r
JOIN fresh AS f ON f.user_name = r.user_name AND f.address = r.address AND f.agent = r.agent
ORDER BY r.ts_us, r.event_id
