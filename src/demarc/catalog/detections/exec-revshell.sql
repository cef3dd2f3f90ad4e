-- Command that opens a way back
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
    OR command LIKE '%/dev/tcp/%'
    OR command LIKE '%/dev/udp/%'
    OR command LIKE '%mkfifo%'
    OR command LIKE 'nc_-e%'
    OR command LIKE '% nc_-e%'
    OR command LIKE '%ncat_-e%'
    OR command LIKE '%ncat_--exec%'
    OR command LIKE '%bash_-i%>&%'
    OR command LIKE '%socat%exec%'
    OR command LIKE '%pty.spawn%'
    OR command LIKE '%socket%subprocess%'
  )
ORDER BY ts_us, event_id
