-- Named like a part of the system
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE verb = 'create'
  AND subresource = ''
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
  AND (
    (
      resource IN ('pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs', 'serviceaccounts')
      AND namespace NOT IN ('kube-system', '')
      AND (
        name LIKE 'kube-controller%' OR name LIKE 'kube-apiserver%' OR name LIKE 'kube-scheduler%'
        OR name LIKE 'kube-proxy%' OR name LIKE 'kube-dns%' OR name LIKE 'kubelet%' OR name LIKE 'coredns%'
        OR name LIKE 'etcd-%' OR name LIKE 'kube-system%' OR name LIKE 'system-%'
      )
    )
    OR (
      resource IN ('pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs', 'serviceaccounts')
      AND namespace = 'kube-system'
      AND name LIKE 'kube-%'
      AND NOT (
        name LIKE 'kube-controller-manager%' OR name LIKE 'kube-apiserver%' OR name LIKE 'kube-scheduler%'
        OR name LIKE 'kube-proxy%' OR name LIKE 'kube-dns%' OR name LIKE 'kube-state-metrics%'
        OR name LIKE 'kube-router%' OR name LIKE 'kube-vip%' OR name LIKE 'kube-ovn%' OR name LIKE 'kube-multus%'
        OR name LIKE 'kube-flannel%' OR name LIKE 'kube-prometheus%'
      )
    )
    OR (
      api_group = 'rbac.authorization.k8s.io'
      AND name LIKE 'system:%'
      AND name NOT LIKE 'system:%metrics%'
      AND name NOT LIKE 'system:coredns%'
    )
  )
ORDER BY ts_us, event_id
