-- Secret refused
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE resource = 'secrets'
  AND verb IN ('get', 'list', 'watch')
  AND (decision = 'forbid' OR code = 403)
ORDER BY ts_us, event_id
