-- Which rights each identity used as itself, with the binding that allowed it; the most used, at most so many of each.
-- parameter: most BIGINT, rights of an identity at most
WITH uses AS (
  SELECT
    user_name, verb, api_group, resource, subresource, namespace, grant_kind, grant_namespace, grant_name,
    SUM(CASE WHEN stage = 'ResponseStarted' THEN 0 ELSE 1 END) AS requests,
    MAX(ts_us) AS last_us,
    MIN(event_id) AS event_id
  FROM events
  WHERE user_name <> '' AND ts_us > 0 AND stage <> 'RequestReceived' AND impersonated_user = ''
    AND (decision = 'allow' OR (decision = '' AND code NOT IN (0, 401, 403)))
  GROUP BY user_name, verb, api_group, resource, subresource, namespace, grant_kind, grant_namespace, grant_name
), placed AS (
  SELECT
    user_name, verb, api_group, resource, subresource, namespace, grant_kind, grant_namespace, grant_name, requests,
    last_us, event_id,
    COUNT(*) OVER (PARTITION BY user_name) AS among,
    ROW_NUMBER() OVER (PARTITION BY user_name ORDER BY requests DESC, verb, resource, namespace, event_id) AS place
  FROM uses
)
SELECT
  user_name, verb, api_group, resource, subresource, namespace, grant_kind, grant_namespace, grant_name, requests,
  last_us, among, place
FROM placed
WHERE place <= $most
ORDER BY
  user_name, place, verb, api_group, resource, subresource, namespace, grant_kind, grant_namespace, grant_name,
  requests, last_us, among
