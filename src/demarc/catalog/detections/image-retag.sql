-- Same tag, new content
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  request_object,
  1 AS shown
FROM events
WHERE resource = 'pods'
  AND subresource = 'status'
  AND verb IN ('update', 'patch')
  AND code BETWEEN 100 AND 299
  AND request_object LIKE '%"imageID":"%'
ORDER BY ts_us, event_id
