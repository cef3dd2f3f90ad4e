-- Lasting token created
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  CASE
    WHEN request_object <> '' THEN 1
    WHEN namespace || '/' || name IN (SELECT DISTINCT legacy_secret FROM events WHERE legacy_secret <> '') THEN 1
    ELSE 0
  END AS shown
FROM events
WHERE resource = 'secrets'
  AND verb = 'create'
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
  AND (
    request_object = ''
    OR request_object LIKE '%kubernetes.io/service-account-token%'
  )
ORDER BY ts_us, event_id
