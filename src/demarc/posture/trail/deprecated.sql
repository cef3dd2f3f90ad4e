-- Who calls deprecated APIs.
SELECT
  api_group, api_version, resource, user_name, agent,
  COUNT(*) AS requests,
  MAX(annotations) AS annotations_of_one,
  MAX(ts_us) AS last_us
FROM events
WHERE annotations LIKE '%k8s.io/deprecated%' AND ts_us > 0 AND stage <> 'RequestReceived'
GROUP BY api_group, api_version, resource, user_name, agent
ORDER BY api_group, api_version, resource, user_name, agent
