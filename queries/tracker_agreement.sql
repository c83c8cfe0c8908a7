-- question: Which trackers list the same jurisdictions, level by level, and how many does only one of them list?
-- about: pairs
-- parameter: a= (tracker)
-- parameter: b= (tracker)
-- caveat: Each tracker has its own definition, given with every row of analysis.mart_tracker_agreement. Not being listed does not mean no.
-- caveat: Homeland Security's list was withdrawn before the Justice Department's appeared, so the two were never public on one day.
-- caveat: unresolved_names are not matched to a unit and are compared by spelling. only_a and only_b leave out states that the other tracker's snapshots do not cover.
-- column: both_list (count): Jurisdictions that both trackers list. Never null.
-- column: only_a (count): Jurisdictions that tracker_a lists and tracker_b does not, in states that tracker_b covers. Never null.
-- column: only_b (count): Jurisdictions that tracker_b lists and tracker_a does not, in states that tracker_a covers. Never null.
-- column: other_says_nothing (count): Listed jurisdictions in states that the other tracker does not cover: it says neither yes nor no. Never null.
-- column: other_lists_it_at_another_level (count): Listed jurisdictions of which the other tracker lists the unit of another level (a county for its city). Never null.
-- column: both_on_one_day (count): Jurisdictions that both trackers listed on one and the same day. Never null.
-- column: unresolved_names (count): Listed names that no government unit was found for. Never null.
-- column: a_says: What being listed by tracker_a means, in few words (dim_tracker.verdict).
-- column: b_says: What being listed by tracker_b means, in few words (dim_tracker.verdict).
select
    tracker_a,
    tracker_b,
    level,
    count(*) filter (where listed_by = 'both') as both_list,
    count(*) filter (where listed_by = 'only a' and is_state_covered_by_other) as only_a,
    count(*) filter (where listed_by = 'only b' and is_state_covered_by_other) as only_b,
    count(*) filter (where not is_state_covered_by_other) as other_says_nothing,
    count(*) filter (where other_lists_it_as is not null) as other_lists_it_at_another_level,
    count(*) filter (where is_on_one_day) as both_on_one_day,
    count(*) filter (where not is_resolved) as unresolved_names,
    min(verdict_a) as a_says,
    min(verdict_b) as b_says
from analysis.mart_tracker_agreement
where $a in ('', tracker_a, tracker_b) and $b in ('', tracker_a, tracker_b)
group by tracker_a, tracker_b, level
order by tracker_a, tracker_b, level;
