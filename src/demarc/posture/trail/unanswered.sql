-- How many requests were received and never answered, but for those of the end of the trail.
-- parameter: until_us BIGINT, requests after this moment may still be running
WITH stages AS (
  SELECT
    audit_id,
    MIN(ts_us) AS first_us,
    SUM(CASE WHEN stage = 'RequestReceived' THEN 0 ELSE 1 END) AS later
  FROM events
  WHERE audit_id <> ''
  GROUP BY audit_id
)
SELECT COUNT(*) AS requests FROM stages WHERE later = 0 AND first_us < $until_us
