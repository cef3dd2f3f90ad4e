-- Times in which the trail holds nothing at all, longer than asked for.
-- parameter: longer_us BIGINT = 300000000, microseconds of silence that are worth a line
WITH placed AS (
  SELECT
    ts_us, event_id,
    CASE
      WHEN ROW_NUMBER() OVER (ORDER BY ts_us, event_id) = 1 THEN ts_us
      ELSE LAG(ts_us) OVER (ORDER BY ts_us, event_id)
    END AS before_us
  FROM events
  WHERE ts_us > 0
)
SELECT before_us AS since_us, ts_us AS until_us, ts_us - before_us AS silent_us, event_id
FROM placed
WHERE ts_us - before_us > $longer_us
ORDER BY ts_us, event_id
