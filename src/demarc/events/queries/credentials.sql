-- Tokens that requests made, and what was done with each later: the line of a token from birth to use.
SELECT
  b.ts_us AS issued_us, b.user_name AS issued_by, b.namespace, b.name AS account, b.source_ips AS issued_to,
  b.issued_credential_id,
  SUM(CASE WHEN u.event_id IS NULL THEN 0 ELSE 1 END) AS uses,
  COALESCE(MIN(u.ts_us), 0) AS first_us,
  COALESCE(MAX(u.ts_us), 0) AS last_us,
  COUNT(DISTINCT u.peer_ip) AS peers,
  b.event_id
FROM events AS b
LEFT JOIN events AS u ON u.credential_id = b.issued_credential_id
WHERE b.issued_credential_id <> ''
GROUP BY b.ts_us, b.user_name, b.namespace, b.name, b.source_ips, b.issued_credential_id, b.event_id
ORDER BY b.ts_us, b.event_id
