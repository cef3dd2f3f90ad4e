-- Provider's identity out of its usual work
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (user_name LIKE 'eks:%' OR user_name IN ('aksService', 'masterclient') OR user_name LIKE 'system:gke-%' OR user_name LIKE '%@container-engine-robot.iam.gserviceaccount.com')
  AND (
    (api_group = 'rbac.authorization.k8s.io' AND verb IN ('create', 'update', 'patch', 'delete'))
    OR (resource = 'secrets' AND verb IN ('get', 'list', 'create', 'update', 'patch', 'delete') AND namespace <> 'kube-system')
    OR (resource = 'pods' AND subresource IN ('exec', 'attach', 'portforward', 'ephemeralcontainers'))
    OR (resource = 'serviceaccounts' AND subresource = 'token')
    OR (verb = 'create' AND resource = 'pods' AND namespace <> 'kube-system')
  )
  AND code BETWEEN 100 AND 299
  AND NOT dry_run
ORDER BY ts_us, event_id
