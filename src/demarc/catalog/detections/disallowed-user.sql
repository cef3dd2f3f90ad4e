-- A person who should not be here
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE user_name <> ''
  AND user_name NOT LIKE 'system:%'
  AND user_name NOT LIKE 'eks:%'
  AND user_name NOT IN ('aksService', 'masterclient', 'kubernetes-admin')
  AND decision <> 'forbid'
ORDER BY ts_us, event_id
