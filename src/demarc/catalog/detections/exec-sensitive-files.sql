-- Command that reads credentials of host or cloud
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
    OR command LIKE '%/etc/kubernetes%'
    OR command LIKE '%/var/lib/kubelet%'
    OR command LIKE '%/var/lib/rancher%'
    OR command LIKE '%/.aws/%'
    OR command LIKE '%/.kube/%'
    OR command LIKE '%/.azure/%'
    OR command LIKE '%/gcloud/%'
    OR command LIKE '%/etc/shadow%'
    OR command LIKE '%/.ssh/%'
    OR command LIKE '%/.docker/config.json%'
    OR command LIKE '%/proc/1/environ%'
    OR command LIKE '%/proc/self/environ%'
  )
ORDER BY ts_us, event_id
