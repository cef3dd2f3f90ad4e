-- Audit trail switched off
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE resource = 'pods'
  AND subresource = 'exec'
  AND decision <> 'forbid' AND code NOT IN (0, 401, 403, 404)
  AND (
    command LIKE '%rm%/var/log/kubernetes/audit%'
    OR command LIKE '%rm%/var/log/kube-apiserver%'
    OR command LIKE '%audit-policy%rm%'
    OR command LIKE '%rm%audit-policy%'
  )
ORDER BY ts_us, event_id
