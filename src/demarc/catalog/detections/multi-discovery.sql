-- Many kinds of things listed within a minute
WITH many AS (
  SELECT user_name, address, minute
  FROM (
    SELECT user_name, api_group, resource,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
      ts_us - ts_us % 60000000 AS minute
    FROM events
    WHERE verb = 'list' AND resource <> ''
      AND NOT (
        user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
        OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
        OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
      )
  ) AS lists
  GROUP BY user_name, address, minute
  HAVING COUNT(DISTINCT api_group || '/' || resource) >= 8
)
SELECT
  l.event_id AS event_id, l.ts_us AS ts_us, l.user_name AS user_name, l.credential_id AS credential_id,
  l.legacy_secret AS legacy_secret, l.source_ip AS source_ip, l.peer_ip AS peer_ip, l.shape AS shape,
  l.agent AS agent,
  1 AS shown
FROM (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
    ts_us - ts_us % 60000000 AS minute
  FROM events
  WHERE verb = 'list' AND resource <> ''
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
) AS l
JOIN many AS m ON m.user_name = l.user_name AND m.address = l.address AND m.minute = l.minute
ORDER BY l.ts_us, l.event_id
