-- Against the pod security standard
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (
    annotations LIKE '%pod-security.kubernetes.io/audit-violations%'
    OR annotations LIKE '%pod-security.kubernetes.io/exempt%'
  )
  AND code BETWEEN 100 AND 299
ORDER BY ts_us, event_id
