-- Kubelet reached through the API server
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  CASE WHEN uri = '' THEN 0 ELSE 1 END AS shown
FROM events
WHERE resource = 'nodes'
  AND subresource = 'proxy'
  AND decision <> 'forbid' AND code NOT IN (0, 401, 403, 404)
  AND uri NOT LIKE '%/proxy/metrics%'
  AND uri NOT LIKE '%/proxy/stats%'
  AND uri NOT LIKE '%/proxy/healthz%'
  AND uri NOT LIKE '%/proxy/configz%'
ORDER BY ts_us, event_id
