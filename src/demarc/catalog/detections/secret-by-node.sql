-- Node identity reads Secrets with another program
WITH addresses AS (
  SELECT user_name, address, MIN(ts_us) AS address_us
  FROM (
    SELECT user_name, ts_us,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
    FROM events
    WHERE user_name LIKE 'system:node:%'
  ) AS placed
  GROUP BY user_name, address
),
homes AS (
  SELECT user_name, MIN(address_us) AS home_us
  FROM addresses
  GROUP BY user_name
)
SELECT
  p.event_id AS event_id, p.ts_us AS ts_us, p.user_name AS user_name, p.credential_id AS credential_id,
  p.legacy_secret AS legacy_secret, p.source_ip AS source_ip, p.peer_ip AS peer_ip, p.shape AS shape,
  p.agent AS agent,
  1 AS shown
FROM (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
  FROM events
  WHERE user_name LIKE 'system:node:%' AND resource = 'secrets' AND verb IN ('get', 'list', 'watch') AND code <> 401
) AS p
JOIN addresses AS a ON a.user_name = p.user_name AND a.address = p.address
JOIN homes AS h ON h.user_name = p.user_name
WHERE p.agent NOT LIKE 'kubelet/%' OR a.address_us > h.home_us
ORDER BY p.ts_us, p.event_id
