-- question: Do Hispanic victims of violence report to the police as often as others?
-- title: Do Hispanic victims of {offense_family} report to the police as often as others?
-- about: survey
-- headline: last 6 rows of first_year, last_year, hispanic_percent, others_percent, gap_points, gap_low, gap_high, reading
-- parameter: offense_family=all_violent (survey_family)
-- caveat: A national survey (NCVS): it shows no single city. The interval uses the largest design effect measured for the group (reference.survey_design_effects).
-- caveat: mixes_samples: the window pools years before and after a change of the survey, in 2006 or in 2016 (break_reason in the mart). BJS calls the figures of 2006 not comparable with other years, and asks for caution with 2016.
-- caveat: The others are victims who are not Hispanic. Victims who did not say are in neither group.
-- caveat: A lower share does not prove fear, and says nothing about how much crime there is.
-- caveat: The windows overlap: a year stands in up to three of them. Many windows that say the same are not as many findings.
-- column: n_hispanic (count): Victimizations of Hispanic victims in the national sample, on which hispanic_percent rests.
-- column: hispanic_percent (percent): Percent of victimizations of Hispanic victims that were reported to the police, nation, weighted.
-- column: n_others (count): Victimizations of victims who are not Hispanic in the national sample, on which others_percent rests.
-- column: others_percent (percent): Percent of victimizations of victims who are not Hispanic that were reported to the police, nation, weighted.
-- column: mixes_samples: Whether the window pools years on both sides of a change of the survey, 2006 or 2016 (break_reason in analysis.mart_survey_reporting_gap).
select
    first_year,
    last_year,
    hispanic_interviewed as n_hispanic,
    round(hispanic_percent_reported, 1) as hispanic_percent,
    others_interviewed as n_others,
    round(others_percent_reported, 1) as others_percent,
    round(gap_points, 1) as gap_points,
    round(gap_low, 1) as gap_low,
    round(gap_high, 1) as gap_high,
    reading,
    is_break as mixes_samples
from analysis.mart_survey_reporting_gap
where offense_family = $offense_family and window_kind = 'three years'
order by first_year;
