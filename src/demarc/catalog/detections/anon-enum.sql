-- Anonymous enumeration
WITH many AS (
  SELECT address, hour
  FROM (
    SELECT api_group, resource, namespace, name, uri,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
      ts_us - ts_us % 3600000000 AS hour
    FROM events
    WHERE user_name = 'system:anonymous' AND decision = 'forbid'
  ) AS refused
  GROUP BY address, hour
  HAVING COUNT(DISTINCT uri || ' ' || api_group || ' ' || resource || ' ' || namespace || ' ' || name) >= 5
)
SELECT
  r.event_id AS event_id, r.ts_us AS ts_us, r.user_name AS user_name, r.credential_id AS credential_id,
  r.legacy_secret AS legacy_secret, r.source_ip AS source_ip, r.peer_ip AS peer_ip, r.shape AS shape,
  r.agent AS agent,
  1 AS shown
FROM (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
    ts_us - ts_us % 3600000000 AS hour
  FROM events
  WHERE user_name = 'system:anonymous' AND decision = 'forbid'
) AS r
JOIN many AS m ON m.address = r.address AND m.hour = r.hour
ORDER BY r.ts_us, r.event_id
