-- Token used after its pod was deleted
WITH gone AS (
  SELECT object_uid, MAX(ts_us) AS gone_us
  FROM events
  WHERE resource = 'pods' AND subresource = '' AND verb = 'delete' AND object_uid <> '' AND code BETWEEN 100 AND 299
  GROUP BY object_uid
)
SELECT
  e.event_id AS event_id, e.ts_us AS ts_us, e.user_name AS user_name, e.credential_id AS credential_id,
  e.legacy_secret AS legacy_secret, e.source_ip AS source_ip, e.peer_ip AS peer_ip, e.shape AS shape,
  e.agent AS agent,
  1 AS shown
FROM events AS e
JOIN gone AS g ON g.object_uid = e.token_pod_uid
WHERE e.token_pod_uid <> '' AND e.ts_us > g.gone_us + 300000000 AND e.code <> 401
ORDER BY e.ts_us, e.event_id
