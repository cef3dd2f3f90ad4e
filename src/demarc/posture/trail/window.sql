-- The whole of the trail: when it begins and ends, how much it holds, and what is wrong with it.
SELECT
  COUNT(*) AS events,
  SUM(CASE WHEN stage IN ('RequestReceived', 'ResponseStarted') THEN 0 ELSE 1 END) AS requests,
  COALESCE(MIN(CASE WHEN ts_us > 0 THEN ts_us ELSE NULL END), 0) AS first_us,
  COALESCE(MAX(ts_us), 0) AS last_us,
  SUM(CASE WHEN stage = 'RequestReceived' THEN 1 ELSE 0 END) AS received,
  SUM(CASE WHEN truncated THEN 1 ELSE 0 END) AS cut,
  SUM(CASE WHEN id_reused THEN 1 ELSE 0 END) AS reused,
  SUM(CASE WHEN ts_us = 0 THEN 1 ELSE 0 END) AS undated,
  SUM(CASE WHEN stage = 'Panic' THEN 1 ELSE 0 END) AS panics,
  SUM(
    CASE
      WHEN verb IN ('get', 'list', 'watch') AND resource <> '' AND user_name <> '' AND NOT user_name LIKE 'system:%'
        THEN 1
      ELSE 0
    END
  ) AS others_reads
FROM events
