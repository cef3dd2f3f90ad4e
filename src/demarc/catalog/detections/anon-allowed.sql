-- Anonymous request allowed
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  CASE WHEN resource = '' AND uri = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE user_name = 'system:anonymous'
  AND decision = 'allow'
  AND code BETWEEN 100 AND 299
  AND NOT (
    resource = ''
    AND (uri LIKE '/healthz%' OR uri LIKE '/livez%' OR uri LIKE '/readyz%' OR uri LIKE '/version%')
  )
ORDER BY ts_us, event_id
