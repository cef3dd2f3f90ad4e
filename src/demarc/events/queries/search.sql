-- Events that fit all that is given; what is empty fits everything.
-- parameter: since_us BIGINT = 0, from this moment on
-- parameter: until_us BIGINT = 9223372036854775807, and before this one
-- parameter: user VARCHAR = '', user name, the impersonated too
-- parameter: user_like VARCHAR = '', the same as a pattern of LIKE
-- parameter: verb VARCHAR = '', verb
-- parameter: resource VARCHAR = '', resource, plural
-- parameter: subresource VARCHAR = '', subresource
-- parameter: namespace VARCHAR = '', namespace
-- parameter: name VARCHAR = '', name of the object
-- parameter: name_like VARCHAR = '', the same as a pattern of LIKE
-- parameter: address VARCHAR = '', address, any of those that the request came through
-- parameter: code BIGINT = 0, HTTP status
-- parameter: audit_id VARCHAR = '', audit_id
-- parameter: most BIGINT = 9223372036854775807, events at most, the earliest
SELECT
  ts_us, stage, user_name, impersonated_user, verb, api_group, resource, subresource, namespace, name, uri, command,
  code, decision, reason, source_ips, agent, credential_id, legacy_secret, level, dry_run, truncated, id_reused, shape,
  cluster, source_id, position, audit_id, event_id
FROM events
WHERE ts_us >= $since_us AND ts_us < $until_us
  AND ($user = '' OR user_name = $user OR impersonated_user = $user)
  AND ($user_like = '' OR user_name LIKE $user_like OR impersonated_user LIKE $user_like)
  AND ($verb = '' OR verb = $verb)
  AND ($resource = '' OR resource = $resource)
  AND ($subresource = '' OR subresource = $subresource)
  AND ($namespace = '' OR namespace = $namespace)
  AND ($name = '' OR name = $name)
  AND ($name_like = '' OR name LIKE $name_like)
  AND ($address = '' OR CONCAT(CHR(10), source_ips, CHR(10)) LIKE CONCAT('%', CHR(10), $address, CHR(10), '%'))
  AND ($code = 0 OR code = $code)
  AND ($audit_id = '' OR audit_id = $audit_id)
ORDER BY ts_us, stage_us, event_id
LIMIT $most
