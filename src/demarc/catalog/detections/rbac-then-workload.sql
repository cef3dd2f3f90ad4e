-- Rights changed, then something started
WITH rights AS (
  SELECT user_name, ts_us AS rights_us, ts_us - ts_us % 300000000 AS span
  FROM events
  WHERE api_group = 'rbac.authorization.k8s.io' AND verb IN ('create', 'update', 'patch') AND code BETWEEN 100 AND 299 AND NOT dry_run
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
),
spans AS (
  SELECT user_name, span, MIN(rights_us) AS first_us, MAX(rights_us) AS last_us
  FROM rights
  GROUP BY user_name, span
),
near AS (
  -- Of each five minutes, the first change within them, and the last within the five before: one of them is in time if any is.
  SELECT user_name, span, MIN(first_us) AS first_us, MAX(last_us) AS last_us
  FROM (
    SELECT user_name, span, first_us, -300000001 AS last_us FROM spans
    UNION ALL
    SELECT user_name, span + 300000000 AS span, 9223372036854775807 AS first_us, last_us FROM spans
  ) AS either
  GROUP BY user_name, span
),
started AS (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    ts_us - ts_us % 300000000 AS span
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
JOIN near AS n ON n.user_name = s.user_name AND n.span = s.span
WHERE s.ts_us >= n.first_us OR s.ts_us <= n.last_us + 300000000
ORDER BY s.ts_us, s.event_id
