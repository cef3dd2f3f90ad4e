-- Each different request of a trail, with when it was made first and last: what the use of powers is told by.
SELECT
  shape, stage, user_name, user_groups, user_arn, impersonated_user, impersonated_groups, verb, api_group, resource,
  subresource, namespace, name, decision,
  CASE WHEN code IN (401, 403) THEN code ELSE 0 END AS refused,
  CASE WHEN credential_id LIKE 'X509SHA256=%' THEN TRUE ELSE FALSE END AS by_certificate,
  legacy_secret,
  COUNT(*) AS events,
  COALESCE(MIN(CASE WHEN stage_us > 0 THEN stage_us WHEN ts_us > 0 THEN ts_us ELSE NULL END), 0) AS first_us,
  MAX(CASE WHEN stage_us > 0 THEN stage_us ELSE ts_us END) AS last_us
FROM events
WHERE verb <> ''
GROUP BY
  shape, stage, user_name, user_groups, user_arn, impersonated_user, impersonated_groups, verb, api_group, resource,
  subresource, namespace, name, decision, refused, by_certificate, legacy_secret
ORDER BY
  user_name, verb, api_group, resource, subresource, namespace, name, shape, stage, user_groups, user_arn,
  impersonated_user, impersonated_groups, decision, refused, by_certificate, legacy_secret, events, first_us, last_us
