-- Call from a known bad address
-- parameter: bad VARCHAR, addresses with a space around each
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE $bad LIKE '% ' || source_ip || ' %' OR $bad LIKE '% ' || peer_ip || ' %'
ORDER BY ts_us, event_id
