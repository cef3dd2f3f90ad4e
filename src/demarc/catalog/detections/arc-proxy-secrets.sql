-- Azure Arc reads outside its namespace
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE user_name LIKE 'system:serviceaccount:azure-arc:%'
  AND resource IN ('secrets', 'configmaps')
  AND verb IN ('get', 'list', 'watch')
  AND namespace <> 'azure-arc'
  AND code BETWEEN 100 AND 299
ORDER BY ts_us, event_id
