-- Workload changed past the pipeline
WITH writers AS (
  SELECT resource, namespace, name, user_name, MIN(ts_us) AS writer_us
  FROM (
    SELECT resource, namespace, name, user_name, ts_us
    FROM events
    WHERE resource IN ('deployments', 'daemonsets', 'statefulsets')
      AND subresource = ''
      AND verb IN ('create', 'update', 'patch')
      AND code BETWEEN 100 AND 299
      AND NOT dry_run
      AND NOT (
        user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
        OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
        OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
      )
  ) AS writes
  GROUP BY resource, namespace, name, user_name
),
usual AS (
  SELECT resource, namespace, name, MIN(writer_us) AS usual_us
  FROM writers
  GROUP BY resource, namespace, name
)
SELECT
  w.event_id AS event_id, w.ts_us AS ts_us, w.user_name AS user_name, w.credential_id AS credential_id,
  w.legacy_secret AS legacy_secret, w.source_ip AS source_ip, w.peer_ip AS peer_ip, w.shape AS shape,
  w.agent AS agent,
  w.shown AS shown
FROM (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent, resource, namespace, name,
    CASE WHEN request_object = '' THEN 0 ELSE 1 END AS shown
  FROM events
  WHERE resource IN ('deployments', 'daemonsets', 'statefulsets')
    AND subresource = ''
    AND verb IN ('update', 'patch')
    AND code BETWEEN 100 AND 299
    AND NOT dry_run
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
    AND (request_object = '' OR request_object LIKE '%"containers":[%' OR request_object LIKE '%/containers/%')
    AND request_object NOT LIKE '%kubectl.kubernetes.io/restartedAt%'
) AS w
JOIN writers AS o
  ON o.resource = w.resource AND o.namespace = w.namespace AND o.name = w.name AND o.user_name = w.user_name
JOIN usual AS u ON u.resource = w.resource AND u.namespace = w.namespace AND u.name = w.name
WHERE o.writer_us > u.usual_us
ORDER BY w.ts_us, w.event_id
