-- Certificate of a node that is already there
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  request_object,
  CASE WHEN request_object = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE resource = 'certificatesigningrequests'
  AND subresource = ''
  AND verb = 'create'
  AND (user_name LIKE 'system:bootstrap:%' OR user_name LIKE 'system:node:%')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
ORDER BY ts_us, event_id
