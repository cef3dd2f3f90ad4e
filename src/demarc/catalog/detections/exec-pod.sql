-- Command in a pod
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE resource = 'pods'
  AND subresource IN ('exec', 'attach')
  AND verb IN ('create', 'get')
  AND decision <> 'forbid' AND code NOT IN (0, 401, 403, 404)
ORDER BY ts_us, event_id
