-- Requests of which the trail holds no answer: a crash, a watch that goes on, a lost record.
WITH stages AS (
  SELECT audit_id, SUM(CASE WHEN stage = 'RequestReceived' THEN 0 ELSE 1 END) AS later
  FROM events
  WHERE audit_id <> ''
  GROUP BY audit_id
)
SELECT
  e.ts_us, e.user_name, e.verb, e.api_group, e.resource, e.subresource, e.namespace, e.name, e.uri, e.source_ips,
  e.audit_id, e.event_id
FROM events AS e
JOIN stages AS s ON s.audit_id = e.audit_id
WHERE e.stage = 'RequestReceived' AND s.later = 0
ORDER BY e.ts_us, e.event_id
