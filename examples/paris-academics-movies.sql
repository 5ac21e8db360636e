-- The top-10 ranked movies by academics from Paris (SEP2P, section 5.1).
-- Which movies there are is learnt from the answers, so a movie comes out only when enough people ranked it. Of each person
-- at most 20 movies count, chosen at random.
SELECT WITH DIFFERENTIAL_PRIVACY
  OPTIONS(epsilon = 2, delta = 1e-6, max_groups_contributed = 20)
  movie,
  AVG(stars, contribution_bounds_per_group => (1, 5)) AS average_stars,
  COUNT(*) AS people_count
FROM ratings
WHERE profile('profession') = 'academic'
  AND profile('city') = 'Paris'
GROUP BY movie
ORDER BY average_stars DESC
LIMIT 10
