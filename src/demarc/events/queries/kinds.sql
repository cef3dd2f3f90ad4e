-- What the trail holds, by verb, resource, stage and level: how much, and when first and last.
SELECT
  api_group, resource, subresource, verb, stage, level, shape,
  COUNT(*) AS events,
  SUM(CASE WHEN request_object <> '' THEN 1 ELSE 0 END) AS with_request,
  SUM(CASE WHEN response_object <> '' THEN 1 ELSE 0 END) AS with_response,
  SUM(CASE WHEN user_name LIKE 'system:%' THEN 0 ELSE 1 END) AS by_others,
  MIN(ts_us) AS first_us,
  MAX(ts_us) AS last_us
FROM events
GROUP BY api_group, resource, subresource, verb, stage, level, shape
ORDER BY api_group, resource, subresource, verb, stage, level, shape
