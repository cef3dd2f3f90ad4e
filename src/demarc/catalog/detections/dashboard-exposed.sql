-- Console published
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  CASE WHEN resource = 'services' AND request_object = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE resource IN ('services', 'ingresses', 'httproutes', 'routes')
  AND subresource = ''
  AND verb IN ('create', 'update', 'patch')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
  AND (
    name LIKE '%dashboard%'
    OR name LIKE '%kubeflow%'
    OR name LIKE '%argocd-server%'
    OR name LIKE '%argo-server%'
    OR name LIKE '%jenkins%'
    OR name LIKE '%grafana%'
    OR name LIKE '%kibana%'
    OR name LIKE '%weave-scope%'
    OR name LIKE '%rancher%'
    OR name LIKE '%portainer%'
    OR name LIKE '%jupyter%'
  )
  AND (
    resource <> 'services'
    OR request_object = ''
    OR request_object LIKE '%"type":"NodePort"%'
    OR request_object LIKE '%"type":"LoadBalancer"%'
    OR request_object LIKE '%"externalIPs":[%'
  )
ORDER BY ts_us, event_id
