-- Files copied out of a pod
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  CASE WHEN uri = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE resource = 'pods'
  AND subresource IN ('exec', 'attach')
  AND verb IN ('create', 'get')
  AND decision <> 'forbid' AND code NOT IN (0, 401, 403, 404)
  AND (
    uri = ''
    OR command LIKE 'tar_cf_-%'
    OR command LIKE '%tar_cf_- %'
    OR command LIKE 'tar_czf_-%'
    OR command LIKE '%tar_czf_- %'
    OR command LIKE 'tar_-c%_-f_-%'
  )
ORDER BY ts_us, event_id
