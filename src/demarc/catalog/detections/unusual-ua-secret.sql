-- Secret read by an unusual program
WITH agents AS (
  SELECT user_name, agent, MIN(ts_us) AS first_us
  FROM events
  WHERE user_name <> '' AND agent <> ''
  GROUP BY user_name, agent
),
firsts AS (
  SELECT user_name, MIN(first_us) AS user_us
  FROM agents
  GROUP BY user_name
)
SELECT
  e.event_id AS event_id, e.ts_us AS ts_us, e.user_name AS user_name, e.credential_id AS credential_id,
  e.legacy_secret AS legacy_secret, e.source_ip AS source_ip, e.peer_ip AS peer_ip, e.shape AS shape,
  e.agent AS agent,
  1 AS shown
FROM events AS e
JOIN agents AS a ON a.user_name = e.user_name AND a.agent = e.agent
JOIN firsts AS f ON f.user_name = e.user_name
WHERE a.first_us > f.user_us
  AND e.resource = 'secrets'
  AND e.verb IN ('get', 'list', 'watch')
  AND e.code BETWEEN 100 AND 299
  AND e.user_name LIKE 'system:%'
  AND (
    e.agent LIKE 'curl/%' OR e.agent LIKE 'Wget/%' OR e.agent LIKE 'python-requests/%'
    OR e.agent LIKE 'python-urllib%' OR e.agent LIKE 'python-httpx/%' OR e.agent LIKE 'Python-urllib/%'
    OR e.agent LIKE 'Go-http-client/%' OR e.agent LIKE 'okhttp/%' OR e.agent LIKE 'Java/%'
    OR e.agent LIKE 'axios/%' OR e.agent LIKE 'node-fetch%' OR e.agent LIKE 'HTTPie/%'
    OR e.agent LIKE 'PostmanRuntime/%' OR e.agent LIKE 'kubectl/%' OR e.agent LIKE 'kubectl.%'
  )
ORDER BY e.ts_us, e.event_id
