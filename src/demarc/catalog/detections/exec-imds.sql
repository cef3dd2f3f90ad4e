-- Command that asks the cloud's metadata
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
    OR command LIKE '%169.254.169.254%'
    OR command LIKE '%metadata.google.internal%'
    OR command LIKE '%169.254.170.2%'
    OR command LIKE '%100.100.100.200%'
    OR command LIKE '%0xa9fea9fe%'
    OR command LIKE '%2852039166%'
    OR command LIKE '%fd00:ec2::254%'
    OR command LIKE '%a9fe:a9fe%'
  )
ORDER BY ts_us, event_id
