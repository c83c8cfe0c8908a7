-- question: Which matters of a council are about its part in immigration enforcement, by which words, and what became of them?
-- title: Which matters of the council of {jurisdiction} are about its part in immigration enforcement, by which words, and what became of them?
-- about: matters
-- parameter: jurisdiction=New York, NY (place)
-- caveat: Matters are found by words (meta.council_vocabulary). docs/councils.md says how many are missed or found wrongly.
-- caveat: Only captured matters are searched. meta.council_client says which councils are captured, and up to which day.
-- caveat: A committee's vote is not an act of law, and an introduction changes nothing. became_law_on is empty if no record gives the day.
-- column: became_law_on: Day on which the matter became law; of a resolution, which is no law, the day of its adoption. Null if it did not, or if the day is not known.
-- column: acts: Events of the matter in order, each with its day. Null if none is captured.
with units as (
    select jurisdiction_key
    from core.dim_jurisdiction
    where jurisdiction_key = $jurisdiction
),

acts as (
    select
        council_matter_key,
        string_agg(event || ' ' || coalesce(cast(action_on as varchar), 'on a day not known'), '; ' order by action_no) as acts
    from core.fct_council_action
    where event is not null and not is_repeat
    group by council_matter_key
)

select
    matters.file_number,
    coalesce(matters.enactment_number, '') as enactment_number,
    matters.introduced_on,
    matters.law_on as became_law_on,
    matters.title,
    matters.terms_hit,
    acts.acts,
    matters.vocabulary_version,
    matters.address
from core.dim_council_matter as matters
join units using (jurisdiction_key)
left join acts using (council_matter_key)
where matters.is_relevant and not matters.is_restricted
order by matters.introduced_on, matters.file_number;
