-- A noise map of Paris (SEP2P, section 5.1, use case 1): what people's devices heard, cell by cell, window by window.
-- The cells are a public list, so no cell tells by being there that somebody was in it. A pod gives no place finer than a
-- hundredth of a degree, and of each person at most 4 cells of a window count, chosen at random.
-- `hedgerow query run examples/noise-map.sql --every 60 --windows 10 --map noise.svg` gives @window_from and @window_to.
-- Invented people have samples of 1 to 3 March 2024 only: for them `--from 2024-03-01T00:00:00Z --window 259200`.
SELECT WITH DIFFERENTIAL_PRIVACY
  OPTIONS(epsilon = 0.5, delta = 1e-9, max_groups_contributed = 4)
  latitude_hundredths,
  longitude_hundredths,
  AVG(noise, contribution_bounds_per_group => (30, 90)) AS average_noise
FROM (
  SELECT
    5 * CAST(FLOOR(ROUND(district_latitude * 100) / 5) AS INT64) AS latitude_hundredths,
    5 * CAST(FLOOR(ROUND(district_longitude * 100) / 5) AS INT64) AS longitude_hundredths,
    noise
  FROM samples
  WHERE at >= @window_from AND at < @window_to
) AS heard
WHERE profile('city') = 'Paris'
  AND latitude_hundredths IN (4875, 4880, 4885, 4890, 4895)
  AND longitude_hundredths IN (215, 220, 225, 230, 235, 240, 245, 250)
GROUP BY latitude_hundredths, longitude_hundredths
