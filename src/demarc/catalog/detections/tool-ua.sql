-- Agent of an attack tool
SELECT
  event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
  1 AS shown
FROM events
WHERE (
    LOWER(agent) LIKE '%kube-hunter%'
    OR LOWER(agent) LIKE '%peirates%'
    OR LOWER(agent) LIKE '%rakkess%'
    OR LOWER(agent) LIKE '%trufflehog%'
    OR LOWER(agent) LIKE '%kubeletctl%'
    OR LOWER(agent) LIKE '%kubesploit%'
    OR LOWER(agent) LIKE '%kdigger%'
    OR LOWER(agent) LIKE '%access-matrix%'
    OR LOWER(agent) LIKE '%who-can%'
    OR LOWER(agent) LIKE '%nuclei%'
    OR LOWER(agent) LIKE '%nikto%'
    OR LOWER(agent) LIKE '%sqlmap%'
    OR LOWER(agent) LIKE '%zgrab%'
    OR LOWER(agent) LIKE '%masscan%'
    OR LOWER(agent) LIKE '%censysinspect%'
  )
ORDER BY ts_us, event_id
