-- Requests that did not sign in
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (user_name IN ('', 'system:anonymous') OR user_groups LIKE '%system:unauthenticated%')
  AND code IN (401, 403)
ORDER BY ts_us, event_id
