-- How many events each stretch of time holds; a stretch that holds none is not there.
-- parameter: width_us BIGINT, microseconds of a stretch
SELECT ts_us - ts_us % $width_us AS since_us, COUNT(*) AS events
FROM events
WHERE ts_us > 0
GROUP BY ts_us - ts_us % $width_us
ORDER BY since_us
