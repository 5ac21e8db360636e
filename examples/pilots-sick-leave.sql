-- The average number of sick-leave days of pilots in their forties (SEP2P, section 5.1).
-- profile(…) says who is asked; everybody asked contributes one number, moved into 0 to 60.
SELECT WITH DIFFERENTIAL_PRIVACY
  OPTIONS(epsilon = 1, delta = 1e-6)
  AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS average_days
FROM people
WHERE profile('profession') = 'pilot'
  AND profile('age') BETWEEN 40 AND 49
