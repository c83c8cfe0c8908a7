-- question: What stands together in a jurisdiction's months: offences, policies, listings, money and people?
-- title: What stands together in the months of {jurisdiction}: offences, policies, listings, money and people?
-- about: panel
-- parameter: jurisdiction=Chicago (place)
-- caveat: Offences known to the police are reported offences. An empty count is not zero: crime_coverage says what is missing.
-- caveat: Compare months inside one series_segment only. Policies, listings and open awards are as of the month's last day.
-- caveat: A listing that the first captured list held already (is_first_listing_censored) may be older than it looks.
select
    jurisdiction_name,
    month_start,
    homicide_offenses + rape_offenses + robbery_offenses + aggravated_assault_offenses as violent_offenses,
    burglary_offenses + larceny_offenses + motor_vehicle_theft_offenses as property_offenses,
    crime_coverage,
    series_segment,
    fbi_population,
    policy_status,
    state_policy_status,
    state_preemption_status,
    event_time_policy,
    sanctuary_trackers,
    event_time_listing,
    is_first_listing_censored,
    awards_open,
    obligated_amount_open,
    obligated_amount_in_month,
    awards_scope
from analysis.mart_policy_crime_panel
where jurisdiction_key = $jurisdiction
order by month_start;
