-- Create refused
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE verb = 'create'
  AND resource <> ''
  AND resource NOT LIKE '%reviews'
  AND (
    decision = 'forbid'
    OR code = 403
    OR (code = 422 AND status_message LIKE '%ValidatingAdmissionPolicy%')
  )
  AND stage <> 'ResponseStarted'
ORDER BY ts_us, event_id
