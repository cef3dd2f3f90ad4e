-- Debug container added
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE resource = 'pods'
  AND subresource = 'ephemeralcontainers'
  AND verb IN ('update', 'patch')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
ORDER BY ts_us, event_id
