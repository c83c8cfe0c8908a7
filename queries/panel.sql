-- question: What coincides in a jurisdiction's months: offenses, policies, listings, money and population?
-- title: What coincides in the months of {jurisdiction}: offenses, policies, listings, money and population?
-- about: panel
-- parameter: jurisdiction=Chicago (place)
-- caveat: Offenses known to the police are reported offenses. An empty count is not zero; crime_coverage says what is missing.
-- caveat: Compare months only within one series_segment. Policies, listings and running awards are as of the last day of the month.
-- caveat: The money is that of captured awards. share_of_nation_percent says what part the awards that are running in the month are of what the nation obligated under their listings in their fiscal years; where awards_scope is a selection, no sum is a total.
-- caveat: Where is_first_listing_censored is true, the first captured list already has the unit, and its listing may be older than shown.
-- column: violent_offenses (count): Homicides, rapes, robberies and aggravated assaults of the month. Null if one of the four is unknown (not zero).
-- column: property_offenses (count): Burglaries, larcenies and motor-vehicle thefts of the month. Null if one of the three is unknown (not zero).
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
    awards_scope,
    share_of_nation_percent
from analysis.mart_policy_crime_panel
where jurisdiction_key = $jurisdiction
order by month_start;
