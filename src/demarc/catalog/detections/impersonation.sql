-- Privileged identity impersonated
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (
    impersonated_groups LIKE '%system:masters%'
    OR impersonated_user LIKE 'system:%'
    OR impersonated_user IN ('kubernetes-admin', 'cluster-admin', 'admin')
  )
ORDER BY ts_us, event_id
