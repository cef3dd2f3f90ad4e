-- Changed by a webhook
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE annotations LIKE '%mutation.webhook.admission.k8s.io/%'
  AND annotations LIKE '%mutated_":true%'
  AND code BETWEEN 100 AND 299
ORDER BY ts_us, event_id
