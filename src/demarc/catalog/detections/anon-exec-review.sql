-- Anonymous questions about rights
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE user_name = 'system:anonymous'
  AND verb = 'create'
  AND resource LIKE 'selfsubject%'
ORDER BY ts_us, event_id
