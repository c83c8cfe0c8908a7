-- The units of a printed name in its state, and the one that fits the population printed beside the name. The kind of
-- unit, its legal word and the printed county decide the number of the rule.
{#- where towns are the general government and a village or borough lies inside one of its name -#}
{%- set new_england = "('CT', 'MA', 'ME', 'NH', 'RI', 'VT')" %}
{#- where towns or townships have police of their own and print the bare name -#}
{%- set strong_towns = "('NY', 'NJ', 'PA', 'WI')" %}
with asked as (
    {{ asked_names() }}
),

-- every unit of the name in the state that the printed county does not rule out
of_the_name as (
    select
        asked.printed_id,
        asked.state_code,
        asked.base,
        asked.level_group as asked_for,
        asked.printed_legal,
        asked.hint,
        asked.people,
        names.name_normalized,
        names.level_group,
        names.method,
        names.legal_word,
        names.population,
        names.jurisdiction_key,
        names.geoid,
        {{ is_in_printed_county('names', 'asked') }} as is_in_the_county,
        names.within_county is not null and asked.county_words <> '' as is_county_known
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.state_code = names.state_code
            and names.name_compact
            = case when asked.level_group = 'town' then {{ compact_name('asked.base_short') }} else asked.base_compact end
            and (
                asked.level_group = names.level_group
                or (asked.level_group in ('place', 'town') and names.level_group in ('place', 'town'))
                -- in Alaska, a borough of the bare name if no city has it
                or (asked.level_group = 'place' and names.level_group = 'county' and asked.state_code = 'AK')
            )
    where asked.level_group <> 'state' and names.method <> 'hand-kept exception'
),

candidates as (
    select *
    from of_the_name
    where
        -- Connecticut's towns lie in planning regions since 2022, and no two have one name
        (is_in_the_county or not is_county_known or state_code = 'CT')
        -- a township is never the village or city of its name; a New England city that calls itself a town is the town
        and (
            asked_for <> 'town' or level_group = 'town' or legal_word in ('town', 'metro township')
            or (method = 'short name' and state_code in {{ new_england }})
        )
        and (asked_for <> 'place' or level_group <> 'town' or coalesce(printed_legal, '') in ('', 'TOWN'))
),

in_state as (
    select
        printed_id,
        case
            when asked_for = 'town' then case when level_group <> 'town' then 7 when is_in_the_county then 2 else 4 end
            when level_group = 'town' and state_code in {{ new_england }} and legal_word <> 'plantation' then 6
            when level_group = 'town' or (level_group = 'county' and asked_for = 'place') then 10
            when name_normalized = base and printed_legal = upper(legal_word) then 2
            when is_in_the_county then 4
            when asked_for = 'place' and state_code in {{ new_england }} and legal_word in ('village', 'borough') and coalesce(printed_legal, '') not in ('VILLAGE', 'BOROUGH') then 7
            when name_normalized = base and method = 'name' then 5
            when method = 'name' then 7
            else 8
        end as attempt,
        method,
        cast(case
            when level_group = 'town' and asked_for = 'place' then 0.95
            when method = 'name' and (name_normalized = base or asked_for = 'town') then 1.0
            else 0.95
        end as double) as score,
        jurisdiction_key,
        geoid
    from candidates
    where
        level_group = asked_for
        or asked_for = 'town'
        or state_code in {{ new_england }}
        or state_code in {{ strong_towns }}
        or state_code = 'AK'
        -- elsewhere a bare name means a township only where townships keep police, and for one that prints its county
        or (hint = 'place' and is_in_the_county and state_code in ('MN', 'OH'))
),

-- the population printed beside the name, if it fits one unit of the name and is far from every other
by_people as (
    select
        printed_id,
        3 as attempt,
        'people printed beside the name' as method,
        cast(0.95 as double) as score,
        max(case when people between population * 0.7 and population * 1.3 then jurisdiction_key end) as jurisdiction_key,
        max(case when people between population * 0.7 and population * 1.3 then geoid end) as geoid
    from candidates
    where asked_for in ('place', 'town') and level_group in ('place', 'town') and people > 0
    group by printed_id
    having
        count(distinct geoid) > 1
        and count(population) = count(*)
        and count(distinct case when people between population * 0.7 and population * 1.3 then geoid end) = 1
        and count(distinct case when people between population * 0.5 and population * 2.0 then geoid end) = 1
)

select printed_id, attempt, method, score, jurisdiction_key, geoid from in_state
union all
select printed_id, attempt, method, score, jurisdiction_key, geoid from by_people
