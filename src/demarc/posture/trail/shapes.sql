-- The shapes that the trail came in.
SELECT shape, COUNT(*) AS events FROM events GROUP BY shape ORDER BY shape
