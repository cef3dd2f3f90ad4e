-- Many refusals for one public address
WITH many AS (
  SELECT address, hour
  FROM (
    SELECT
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
      ts_us - ts_us % 3600000000 AS hour
    FROM events
    WHERE code = 403 AND stage <> 'ResponseStarted'
  ) AS refused
  GROUP BY address, hour
  HAVING COUNT(*) >= 20
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
  WHERE code = 403 AND stage <> 'ResponseStarted'
) AS r
JOIN many AS m ON m.address = r.address AND m.hour = r.hour
WHERE r.address <> ''
  AND NOT (
    r.address LIKE '10.%' OR r.address LIKE '192.168.%' OR r.address LIKE '127.%' OR r.address LIKE '169.254.%' OR r.address LIKE '100.%'
    OR SUBSTR(r.address, 1, 7) IN (
      '172.16.', '172.17.', '172.18.', '172.19.', '172.20.', '172.21.', '172.22.', '172.23.',
      '172.24.', '172.25.', '172.26.', '172.27.', '172.28.', '172.29.', '172.30.', '172.31.'
    )
    OR r.address LIKE 'fc%' OR r.address LIKE 'fd%' OR r.address LIKE 'fe80%' OR r.address = '::1'
  )
ORDER BY r.ts_us, r.event_id
