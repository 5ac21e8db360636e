-- What a roof gives in a day, in words of the analyst's own (solar.yaml beside this file). No pod gives a yield finer than two
-- kilowatt-hours; each person contributes the average of her days, moved into 0 to 100.
SELECT WITH DIFFERENTIAL_PRIVACY
  OPTIONS(epsilon = 1, delta = 1e-6)
  AVG(kwh) AS kwh_a_day
FROM solar_days
