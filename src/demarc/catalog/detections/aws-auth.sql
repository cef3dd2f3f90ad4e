-- Map of cloud identities changed
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE resource = 'configmaps'
  AND namespace = 'kube-system'
  AND name = 'aws-auth'
  AND verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
ORDER BY ts_us, event_id
