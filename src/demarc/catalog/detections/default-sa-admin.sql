-- Rights for a default service account
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
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
  AND (request_object = '' OR request_object LIKE '%"name":"default"%')
ORDER BY ts_us, event_id
