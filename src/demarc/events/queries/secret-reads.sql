-- Who read Secrets, how often, from where, and by which grant; refused attempts are counted apart.
-- parameter: since_us BIGINT = 0, from this moment on
-- parameter: until_us BIGINT = 9223372036854775807, and before this one
SELECT
  user_name, impersonated_user, verb, namespace, source_ips, agent, grant_kind, grant_namespace, grant_name,
  SUM(CASE WHEN code >= 200 AND code < 300 THEN 1 ELSE 0 END) AS answered,
  SUM(CASE WHEN code = 401 OR code = 403 THEN 1 ELSE 0 END) AS refused,
  MIN(ts_us) AS first_us,
  MAX(ts_us) AS last_us
FROM events
WHERE resource = 'secrets' AND subresource = '' AND verb IN ('get', 'list', 'watch')
  AND stage <> 'RequestReceived' AND ts_us >= $since_us AND ts_us < $until_us
GROUP BY user_name, impersonated_user, verb, namespace, source_ips, agent, grant_kind, grant_namespace, grant_name
ORDER BY user_name, impersonated_user, verb, namespace, source_ips, agent, grant_kind, grant_namespace, grant_name
