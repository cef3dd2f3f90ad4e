-- Events of a window, in the order in which the API server received them.
-- parameter: since_us BIGINT = 0, from this moment on
-- parameter: until_us BIGINT = 9223372036854775807, and before this one
SELECT
  ts_us, stage, user_name, impersonated_user, verb, api_group, resource, subresource, namespace, name, uri, code,
  decision, source_ip, agent, audit_id, event_id
FROM events
WHERE ts_us >= $since_us AND ts_us < $until_us
ORDER BY ts_us, stage_us, event_id
