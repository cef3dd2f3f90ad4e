-- Image of a miner or an attack tool
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  request_object,
  CASE WHEN request_object = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE resource IN (
    'pods', 'deployments', 'daemonsets', 'statefulsets', 'replicasets', 'replicationcontrollers', 'jobs', 'cronjobs'
  )
  AND subresource IN ('', 'ephemeralcontainers')
  AND verb IN ('create', 'update', 'patch')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
  AND (request_object = '' OR request_object LIKE '%"image":"%xmrig%' OR request_object LIKE '%"image":"%minerd%' OR request_object LIKE '%"image":"%cpuminer%' OR request_object LIKE '%"image":"%ethminer%' OR request_object LIKE '%"image":"%nbminer%' OR request_object LIKE '%"image":"%monero%' OR request_object LIKE '%"image":"%kinsing%' OR request_object LIKE '%"image":"%c3pool%' OR request_object LIKE '%"image":"%nanominer%' OR request_object LIKE '%"image":"%peirates%' OR request_object LIKE '%"image":"%kube-hunter%' OR request_object LIKE '%"image":"%kubeletctl%' OR request_object LIKE '%"image":"%kdigger%' OR request_object LIKE '%"image":"%metasploit%' OR request_object LIKE '%"image":"%kalilinux%' OR request_object LIKE '%"image":"%botb%' OR request_object LIKE '%"image":"%deepce%')
ORDER BY ts_us, event_id
