-- Who requested tokens of service accounts; kubelets, which do so for their pods, are left out.
SELECT
  namespace, name, user_name, impersonated_user,
  COUNT(*) AS tokens,
  MIN(ts_us) AS first_us,
  MAX(ts_us) AS last_us
FROM events
WHERE resource = 'serviceaccounts' AND subresource = 'token' AND verb = 'create' AND ts_us > 0
  AND code >= 200 AND code < 300 AND NOT dry_run AND stage NOT IN ('RequestReceived', 'ResponseStarted')
  AND NOT user_name LIKE 'system:node:%'
GROUP BY namespace, name, user_name, impersonated_user
ORDER BY namespace, name, user_name, impersonated_user
