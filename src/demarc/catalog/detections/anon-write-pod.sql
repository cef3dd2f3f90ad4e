-- Anonymous write of pods
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE user_name IN ('system:anonymous', '')
  AND verb IN ('create', 'update', 'patch')
  AND resource = 'pods'
ORDER BY ts_us, event_id
