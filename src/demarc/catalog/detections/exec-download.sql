-- Command that downloads
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
    OR command LIKE '%curl%http%'
    OR command LIKE '%wget%http%'
  )
  AND command NOT LIKE '%localhost%'
  AND command NOT LIKE '%127.0.0.1%'
  AND command NOT LIKE '%169.254.169.254%'
  AND command NOT LIKE '%.svc%'
ORDER BY ts_us, event_id
