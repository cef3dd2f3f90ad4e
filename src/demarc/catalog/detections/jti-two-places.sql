-- One credential in two places
WITH several AS (
  SELECT credential
  FROM (
    SELECT
      CASE WHEN legacy_secret <> '' THEN 'Secret ' || legacy_secret ELSE credential_id END AS credential,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
    FROM events
    WHERE legacy_secret <> '' OR credential_id <> ''
  ) AS used
  GROUP BY credential
  HAVING MIN(address) < MAX(address)
),
places AS (
  SELECT m.credential AS credential, m.address AS address, m.agent AS agent, MIN(m.ts_us) AS place_us
  FROM (
    SELECT
      CASE WHEN legacy_secret <> '' THEN 'Secret ' || legacy_secret ELSE credential_id END AS credential,
      CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address,
      agent, ts_us
    FROM events
    WHERE legacy_secret <> '' OR credential_id <> ''
  ) AS m
  JOIN several AS v ON v.credential = m.credential
  GROUP BY m.credential, m.address, m.agent
),
addresses AS (
  SELECT credential, address, MIN(place_us) AS address_us
  FROM places
  GROUP BY credential, address
),
agents AS (
  SELECT credential, agent, MIN(place_us) AS agent_us
  FROM places
  GROUP BY credential, agent
),
firsts AS (
  SELECT credential, MIN(place_us) AS first_us
  FROM places
  GROUP BY credential
),
second AS (
  SELECT p.credential AS credential, p.address AS address, p.agent AS agent
  FROM places AS p
  JOIN addresses AS d ON d.credential = p.credential AND d.address = p.address
  JOIN agents AS a ON a.credential = p.credential AND a.agent = p.agent
  JOIN firsts AS f ON f.credential = p.credential
  WHERE d.address_us > f.first_us AND a.agent_us > f.first_us
)
SELECT
  u.event_id AS event_id, u.ts_us AS ts_us, u.user_name AS user_name, u.credential_id AS credential_id,
  u.legacy_secret AS legacy_secret, u.source_ip AS source_ip, u.peer_ip AS peer_ip, u.shape AS shape,
  u.agent AS agent,
  1 AS shown
FROM (
  SELECT event_id, ts_us, user_name, credential_id, legacy_secret, source_ip, peer_ip, shape, agent,
    CASE WHEN legacy_secret <> '' THEN 'Secret ' || legacy_secret ELSE credential_id END AS credential,
    CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END AS address
  FROM events
  WHERE legacy_secret <> '' OR credential_id <> ''
) AS u
JOIN second AS s ON s.credential = u.credential AND s.address = u.address AND s.agent = u.agent
ORDER BY u.ts_us, u.event_id
