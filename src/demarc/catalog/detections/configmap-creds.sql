-- Credentials written to a ConfigMap
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  request_object,
  CASE WHEN request_object = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE resource = 'configmaps'
  AND verb IN ('create', 'update', 'patch')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
  AND (
    request_object = ''
    OR LOWER(request_object) LIKE '%kubeconfig%'
    OR LOWER(request_object) LIKE '%id_rsa%'
    OR LOWER(request_object) LIKE '%id_ed25519%'
    OR LOWER(request_object) LIKE '%private%'
    OR LOWER(request_object) LIKE '%tls.key%'
    OR LOWER(request_object) LIKE '%secret%'
    OR LOWER(request_object) LIKE '%password%'
    OR LOWER(request_object) LIKE '%passwd%'
    OR LOWER(request_object) LIKE '%token%'
    OR LOWER(request_object) LIKE '%credential%'
    OR LOWER(request_object) LIKE '%service-account.json%'
    OR LOWER(request_object) LIKE '%dockerconfigjson%'
  )
ORDER BY ts_us, event_id
