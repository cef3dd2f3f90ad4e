-- Everything bound to somebody
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  request_object, response_object,
  CASE WHEN request_object = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE api_group = 'rbac.authorization.k8s.io'
  AND resource IN ('rolebindings', 'clusterrolebindings')
  AND verb IN ('create', 'update', 'patch')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND (
    request_object = ''
    OR request_object LIKE '%"name":"cluster-admin"%'
    OR request_object LIKE '%"name":"admin"%'
    OR request_object LIKE '%"name":"system:%'
    OR response_object LIKE '%"name":"cluster-admin"%'
    OR response_object LIKE '%"name":"admin"%'
    OR response_object LIKE '%"name":"system:%'
  )
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
ORDER BY ts_us, event_id
