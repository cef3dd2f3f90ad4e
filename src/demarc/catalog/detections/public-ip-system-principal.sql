-- Machine identity from a public address
WITH placed AS (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
  FROM events
  WHERE (user_name LIKE 'system:serviceaccount:%' OR user_name LIKE 'system:node:%' OR user_name LIKE 'eks:%')
    AND NOT (
      user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
      OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
      OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
    )
)
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM placed
WHERE address <> ''
  AND NOT (
    address LIKE '10.%' OR address LIKE '192.168.%' OR address LIKE '127.%' OR address LIKE '169.254.%' OR address LIKE '100.%'
    OR SUBSTR(address, 1, 7) IN (
      '172.16.', '172.17.', '172.18.', '172.19.', '172.20.', '172.21.', '172.22.', '172.23.',
      '172.24.', '172.25.', '172.26.', '172.27.', '172.28.', '172.29.', '172.30.', '172.31.'
    )
    OR address LIKE 'fc%' OR address LIKE 'fd%' OR address LIKE 'fe80%' OR address = '::1'
  )
ORDER BY ts_us, event_id
