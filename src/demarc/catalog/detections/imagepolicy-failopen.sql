-- Control that failed open
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (
    annotations LIKE '%image-policy.k8s.io/failed-open%'
    OR (annotations LIKE '%failed-open%' AND annotations LIKE '%webhook.admission.k8s.io%')
  )
  AND code BETWEEN 100 AND 299
ORDER BY ts_us, event_id
