-- Victims of every family in every month that an agency's archives name, by group, as far as the floor lets them be known. A
-- family without a row in a month that was sent had no victim.
with months as (
    select
        ori,
        month_start,
        agency_key,
        {{ month_no('month_start') }} as month_no,
        cast(extract(month from month_start) as int) as month_of_year,
        max(case when sent_status = 'sent' then 1 else 0 end) as is_sent,
        max(known_share) as year_known_share,
        max(month_incidents) as month_incidents,
        {% for family, name in [('simple_assault', 'simple_assaults'), ('intimidation', 'intimidations')] %}
        -- a count below the floor is one at least, and at most one less than the floor
        {% for bound, below in [('least', '1'), ('most', victim_floor() ~ ' - 1')] %}
        case
            when count(case when offense_family = '{{ family }}' and victim_group = 'all' then 1 end) > 0
                then sum(case
                    when offense_family = '{{ family }}' and victim_group = 'all'
                        then coalesce(victims, case when sent_status = 'sent' then {{ below }} end)
                end)
            -- no row of a month that was sent is no victim: an agency may begin to use a code
            when max(case when sent_status = 'sent' then 1 else 0 end) = 1 then 0
        end as {{ name }}_{{ bound }},
        {% endfor %}
        {% endfor %}
        coalesce(sum(case when offense_family = 'all_offenses' and victim_group = 'hispanic' then victims end), 0)
            as hispanic_of_month,
        -- a count below the floor is one victim at least
        coalesce(sum(case when offense_family = 'all_offenses' and victim_group = 'non_hispanic' then coalesce(victims, 1) end), 0)
            as others_of_month
    from {{ ref('fct_victim_month_total') }}
    group by ori, month_start, agency_key
),

years as (
    select
        months.*,
        sum(hispanic_of_month) over (partition by ori, extract(year from month_start)) as hispanic_of_year,
        sum(others_of_month) over (partition by ori, extract(year from month_start)) as others_of_year
    from months
),

-- families of which a count of Hispanic victims can be shown at all; the others would be rows without a figure
families as (
    select distinct ori, offense_family, offense_key
    from {{ ref('fct_victim_month_total') }}
    where offense_family = 'all_offenses' or (victim_group = 'hispanic' and victims is not null)
),

counted as (
    select
        ori,
        month_start,
        offense_family,
        {% for group in ['hispanic', 'non_hispanic', 'ethnicity_unknown', 'all'] %}
        -- a count below the floor is no zero
        max(case when victim_group = '{{ group }}' then victims end) as {{ group }},
        count(case when victim_group = '{{ group }}' then 1 end) as {{ group }}_rows{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_victim_month_total') }}
    group by ori, month_start, offense_family
)

select
    years.ori,
    years.agency_key,
    years.month_start,
    years.month_no,
    years.month_of_year,
    years.is_sent,
    years.year_known_share,
    years.month_incidents,
    years.simple_assaults_least,
    years.simple_assaults_most,
    years.intimidations_least,
    years.intimidations_most,
    -- Laredo's victims are nearly all Hispanic too: what tells them apart is that there the others are known
    case
        when years.year_known_share < {{ known_share_needed() }} and years.hispanic_of_year > 0
            and years.others_of_year <= 0.05 * (years.hispanic_of_year + years.others_of_year) then 1
        else 0
    end as is_hispanic_alone_recorded,
    families.offense_family,
    families.offense_key,
    {% for group, name in [('hispanic', 'hispanic'), ('non_hispanic', 'others'), ('ethnicity_unknown', 'unknown_group'), ('all', 'citywide')] %}
    case when coalesce(counted.{{ group }}_rows, 0) > 0 then counted.{{ group }} when years.is_sent = 1 then 0 end as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
from years
inner join families
    on years.ori = families.ori
left join counted
    on
        years.ori = counted.ori
        and years.month_start = counted.month_start
        and families.offense_family = counted.offense_family
