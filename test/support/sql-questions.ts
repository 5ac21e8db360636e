// Statements that use every part of the SQL dialect, each without a fault: where tests and the fuzzer start from.
const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 0.5, delta = 1e-6, max_groups_contributed = 3)";

export const questionTexts: readonly string[] = [
  `${head} AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people
WHERE profile('profession') = 'pilot' AND profile('age') BETWEEN 40 AND 49`,
  `${head} movie, AVG(stars, contribution_bounds_per_group => (1, 5)) AS score, COUNT(*) FROM ratings
WHERE profile('profession') = 'academic' AND profile('city') IN ('Paris', 'Lyon') GROUP BY movie ORDER BY score DESC NULLS LAST LIMIT 10`,
  `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon => 1, delta => 0, group_keys => ['walk', 'bus'], privacy_unit_column = owner,
group_selection_strategy = PUBLIC_GROUPS, max_rows_contributed = 4, purpose = 'planning', name = 'modes')
mode, SUM(distance, contribution_bounds_per_group => (-1.5, NUMERIC '12.25')), HISTOGRAM(minutes, bins => 10, contribution_bounds_per_row => (0, 100)),
APPROX_QUANTILES(minutes, 4, contribution_bounds_per_row => (0, 100)), PERCENTILE_CONT(minutes, 0.9, contribution_bounds_per_row => (0, 100))
FROM trips GROUP BY mode`,
  `${head} TIMESTAMP_TRUNC(started_at, HOUR) AS hour, COUNTIF(shared, contribution_bounds_per_group => (0, 4)) FROM trips AS t
WHERE started_at >= TIMESTAMP '2025-01-01 00:00:00+01:00' AND started_at < '2025-01-03' AND NOT profile('smoker') GROUP BY hour ORDER BY 1`,
  `${head} TOP_K(r.movie, 10, group_keys => ['A', 'B']) FROM ratings r LEFT JOIN trips AS t ON r.rated_at = t.started_at
WHERE (profile('age') > 40 OR NOT profile('education') IN ('none')) AND EXISTS (SELECT 1 FROM trips u WHERE u.started_at = r.rated_at)
AND r.movie NOT LIKE 'The %' AND r.stars IN (SELECT stars FROM ratings WHERE stars IS NOT NULL) -- why not`,
  `${head} TUMBLE(x.t, INTERVAL 15 MINUTE) AS quarter, AVG(x.n, contribution_bounds_per_group => (0, 10)) FROM
(SELECT rated_at AS t, COUNT(DISTINCT movie) AS n, MAX(stars) AS best FROM ratings GROUP BY rated_at) AS x
WHERE x.t BETWEEN '2025-01-01 10:00:00' AND '2025-01-01 12:00:00' AND x.best > 2 GROUP BY 1`,
  `${head} CASE WHEN distance / minutes * 60 > 25 THEN 'fast' WHEN shared IS TRUE THEN 'shared' ELSE UPPER('slow') END AS kind,
COUNT(*) FROM trips JOIN people ON EXTRACT(YEAR FROM since) < EXTRACT(YEAR FROM started_at) + 1
WHERE DATE_DIFF(DATE(started_at), DATE '2024-02-29', DAY) > -(30) AND since + INTERVAL 7 DAY < DATE '2025-03-01' GROUP BY kind`,
  `${head} contract, MOD(sick_leave_days, 7) AS rest, COUNT(sick_leave_days, contribution_bounds_per_group => (0, 1)) FROM employment
WHERE COALESCE(working_hours, 0.5) BETWEEN 1 AND GREATEST(10.5, 40, ROUND(working_hours, 1)) AND CAST(sick_leave_days AS STRING) || 'x' <> SUBSTR(contract, 1, 3)
AND IF(contract = 'permanent', TRUE, sick_leave_days IN (1, 2, 3)) GROUP BY contract, rest`,
];
