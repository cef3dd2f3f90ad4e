-- Lasting or stale token used
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (
    legacy_secret <> ''
    OR annotations LIKE '%authentication.k8s.io/legacy-token%'
    OR annotations LIKE '%authentication.k8s.io/stale-token%'
  )
ORDER BY ts_us, event_id
