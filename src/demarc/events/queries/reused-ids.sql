-- Events that share audit_id and stage with another that says something else: the id was chosen, or a copy changed.
WITH shared AS (
  SELECT audit_id, stage, COUNT(*) AS among
  FROM events
  WHERE audit_id <> '' AND NOT truncated
  GROUP BY audit_id, stage
)
SELECT
  e.audit_id, e.stage, e.ts_us, e.user_name, e.verb, e.uri, e.code, e.source_ips, e.agent, e.source_id, e.position,
  e.event_id
FROM events AS e
JOIN shared AS s ON s.audit_id = e.audit_id AND s.stage = e.stage
WHERE s.among > 1 AND NOT e.truncated
ORDER BY e.audit_id, e.stage, e.ts_us, e.event_id
