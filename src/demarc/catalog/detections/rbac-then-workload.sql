-- Rights changed, then something started
WITH rights AS (
  SELECT user_name, ts_us AS rights_us
  FROM events
  WHERE api_group = 'rbac.authorization.k8s.io' AND verb IN ('create', 'update', 'patch') AND code BETWEEN 100 AND 299 AND NOT dry_run
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
),
started AS (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent
  FROM events
  WHERE resource IN ('pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs')
    AND subresource = '' AND verb IN ('create', 'update', 'patch') AND code BETWEEN 100 AND 299 AND NOT dry_run
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
)
SELECT
  s.event_id AS event_id, s.ts_us AS ts_us, s.user_name AS user_name, s.credential_id AS credential_id,
  s.legacy_secret AS legacy_secret, s.source_ip AS source_ip, s.peer_ip AS peer_ip, s.shape AS shape,
  s.agent AS agent,
  1 AS shown
FROM started AS s
JOIN rights AS r ON r.user_name = s.user_name
WHERE s.ts_us >= r.rights_us AND s.ts_us <= r.rights_us + 300000000
GROUP BY s.event_id, s.ts_us, s.user_name, s.credential_id, s.legacy_secret, s.source_ip, s.peer_ip, s.shape, s.agent
ORDER BY s.ts_us, s.event_id
