-- Machine asks what it may do
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE verb = 'create'
  AND resource IN ('selfsubjectrulesreviews', 'selfsubjectaccessreviews', 'selfsubjectreviews')
  AND (user_name LIKE 'system:serviceaccount:%' OR user_name LIKE 'system:node:%')
  AND NOT (
    user_name IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    OR (user_name LIKE 'system:serviceaccount:kube-system:%' AND agent LIKE 'kube-controller-manager/%')
    OR (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%')
  )
ORDER BY ts_us, event_id
