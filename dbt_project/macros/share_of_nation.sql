{#-
    The one way to say what a sum of captured awards is a part of: its awards of the listings and years for which a
    national figure is known, beside what the nation obligated under just those listings and years, each counted once.
    A listing's year whose total is zero or negative (more was taken back than newly obligated) is on neither side: what
    was taken back is of other years' awards.

    scope     the name of the sum, as mart_award_share.share_scope has it
    columns   the columns of `awards` that the sum is by, of those in mart_award_share
    awards    a model with the columns of int_awards__nation
-#}
{% macro share_of_nation(scope, columns, awards) -%}
    {%- set texts = ['jurisdiction_key', 'program_area', 'tracker_code', 'assistance_listing'] -%}
    select
        '{{ scope }}' as share_scope,
        {% for name in texts %}
        {% if name in columns %}sums.{{ name }}{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as {{ name }},
        {% endfor %}
        {% if 'fiscal_year' in columns %}sums.fiscal_year{% else %}cast(null as int){% endif %} as fiscal_year,
        sums.awards,
        sums.obligated_amount,
        sums.awards_compared,
        sums.compared_amount,
        nation.listing_years,
        nation.nation_obligated_amount,
        nation.first_year,
        nation.last_year,
        nation.years,
        nation.years_named,
        sums.awards_of_negative_years,
        nation.seen_on
    from (
        select
            {% for name in columns %}coalesce({{ name }}, {{ share_of_none(name) }}) as {{ name }}, {% endfor %}
            1 as one,
            count(*) as awards,
            sum(obligated_amount) as obligated_amount,
            count(case when nation_amount > 0 then 1 end) as awards_compared,
            sum(case when nation_amount > 0 then obligated_amount end) as compared_amount,
            count(case when nation_amount <= 0 then 1 end) as awards_of_negative_years
        from {{ ref(awards) }}
        group by {% for name in columns %}coalesce({{ name }}, {{ share_of_none(name) }}){% if not loop.last %}, {% endif %}{% else %}one{% endfor %}

    ) as sums
    left join (
        select
            {% for name in columns %}{{ name }}, {% endfor %}
            1 as one,
            count(*) as listing_years,
            sum(nation_amount) as nation_obligated_amount,
            min(nation_year) as first_year,
            max(nation_year) as last_year,
            count(distinct nation_year) as years,
            {{ joined_once("concat('FY', cast(nation_year as " ~ dbt.type_string() ~ "))", ', ') }} as years_named,
            max(seen_on) as seen_on
        from (
            select distinct
                {% for name in columns %}coalesce({{ name }}, {{ share_of_none(name) }}) as {{ name }}, {% endfor %}
                assistance_listing as nation_listing,
                fiscal_year as nation_year,
                nation_amount,
                seen_on
            from {{ ref(awards) }}
            where nation_amount > 0
        ) as listing_years
        group by {% for name in columns %}{{ name }}{% if not loop.last %}, {% endif %}{% else %}one{% endfor %}

    ) as nation
        on sums.one = nation.one{% for name in columns %} and sums.{{ name }} = nation.{{ name }}{% endfor %}

{%- endmacro %}

{#- What stands for a missing value in a key of share_of_nation. -#}
{% macro share_of_none(name) -%}{{ '0' if name == 'fiscal_year' else "'unknown'" }}{%- endmacro %}

{#-
    Common table expressions `open_awards`, `parts` and `shares` over `open_rows`, one row of which is an award that is open
    in a period of a unit, beside the nation's amount of the award's listing and fiscal year (int_awards__nation): by unit
    and period the awards, their money, and what share it is of the nation's.

    period   the column that names the period
-#}
{% macro open_awards_and_shares(period) -%}
open_awards as (
    select
        jurisdiction_key,
        {{ period }},
        count(*) as awards_open,
        sum(obligated_amount) as obligated_amount_open
    from open_rows
    group by jurisdiction_key, {{ period }}
),

-- each listing's year once, whatever awards are of it
parts as (
    select
        jurisdiction_key,
        {{ period }},
        assistance_listing,
        fiscal_year,
        sum(obligated_amount) as compared_amount,
        max(nation_amount) as nation_amount
    from open_rows
    where nation_amount > 0
    group by jurisdiction_key, {{ period }}, assistance_listing, fiscal_year
),

shares as (
    select
        jurisdiction_key,
        {{ period }},
        round(100.0 * cast(sum(compared_amount) as double) / cast(sum(nation_amount) as double), 3) as share_of_nation_percent
    from parts
    group by jurisdiction_key, {{ period }}
)
{%- endmacro %}
