-- Against an admission policy
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE annotations LIKE '%validation.policy.admission.k8s.io/validation_failure%'
  AND code BETWEEN 100 AND 299
ORDER BY ts_us, event_id
