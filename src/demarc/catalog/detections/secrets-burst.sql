-- Many Secrets read in a short time
WITH many AS (
  SELECT user_name, address, half
  FROM (
    SELECT user_name, namespace, name,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
      ts_us - ts_us % 1800000000 AS half
    FROM events
    WHERE resource = 'secrets' AND verb = 'get' AND name <> '' AND code BETWEEN 100 AND 299
      AND NOT (
        user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
        OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
        OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
      )
  ) AS reads
  GROUP BY user_name, address, half
  HAVING COUNT(DISTINCT namespace || '/' || name) >= 15
),
straddling AS (
  SELECT user_name, address, shifted
  FROM (
    SELECT user_name, namespace, name,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
      ts_us - (ts_us + 900000000) % 1800000000 AS shifted
    FROM events
    WHERE resource = 'secrets' AND verb = 'get' AND name <> '' AND code BETWEEN 100 AND 299
      AND NOT (
        user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
        OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
        OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
      )
  ) AS reads
  GROUP BY user_name, address, shifted
  HAVING COUNT(DISTINCT namespace || '/' || name) >= 15
)
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
    ts_us - ts_us % 1800000000 AS half,
    ts_us - (ts_us + 900000000) % 1800000000 AS shifted
  FROM events
  WHERE resource = 'secrets' AND verb = 'get' AND name <> '' AND code BETWEEN 100 AND 299
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
) AS reads
WHERE user_name || ' ' || address || ' ' || CAST(half AS VARCHAR) IN (
    SELECT user_name || ' ' || address || ' ' || CAST(half AS VARCHAR) FROM many
  )
  OR user_name || ' ' || address || ' ' || CAST(shifted AS VARCHAR) IN (
    SELECT user_name || ' ' || address || ' ' || CAST(shifted AS VARCHAR) FROM straddling
  )
ORDER BY ts_us, event_id
