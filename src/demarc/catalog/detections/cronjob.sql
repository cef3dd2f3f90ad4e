-- Job or CronJob written
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE api_group = 'batch'
  AND resource IN ('jobs', 'cronjobs')
  AND subresource = ''
  AND verb IN ('create', 'update', 'patch')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
ORDER BY ts_us, event_id
