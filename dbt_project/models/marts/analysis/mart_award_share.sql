-- What each sum of captured awards is a part of. The sums of the other marts and of the named questions are rows here.
with shares as (
    {{ share_of_nation('all captured awards', [], 'int_awards__nation') }}
    union all
    {{ share_of_nation('fiscal year', ['fiscal_year'], 'int_awards__nation') }}
    union all
    {{ share_of_nation('listing and fiscal year', ['assistance_listing', 'fiscal_year'], 'int_awards__nation') }}
    union all
    {{ share_of_nation('program area', ['program_area'], 'int_awards__nation') }}
    union all
    {{ share_of_nation('jurisdiction', ['jurisdiction_key'], 'int_awards__nation') }}
    union all
    {{ share_of_nation('jurisdiction and program area', ['jurisdiction_key', 'program_area'], 'int_awards__nation') }}
    union all
    {{ share_of_nation('listed by a tracker', ['tracker_code'], 'int_awards__nation_listed') }}
)

select
    {{ surrogate_key(['share_scope', 'jurisdiction_key', 'program_area', 'tracker_code', 'assistance_listing', 'fiscal_year']) }}
        as award_share_key,
    share_scope,
    jurisdiction_key,
    program_area,
    tracker_code,
    assistance_listing,
    cast(fiscal_year as int) as fiscal_year,
    cast(awards as bigint) as awards,
    cast(obligated_amount as decimal(18, 2)) as obligated_amount,
    cast(awards_compared as bigint) as awards_compared,
    cast(compared_amount as decimal(18, 2)) as compared_amount,
    cast(coalesce(listing_years, 0) as bigint) as listing_years,
    cast(nation_obligated_amount as decimal(18, 2)) as nation_obligated_amount,
    case
        when nation_obligated_amount > 0
            then round(100.0 * cast(compared_amount as double) / cast(nation_obligated_amount as double), 3)
    end as share_of_nation_percent,
    concat(
        case
            when coalesce(listing_years, 0) = 0 and awards_of_negative_years = 0
                then 'share not known: no national total is held of these listings and years'
            when coalesce(listing_years, 0) = 0 then 'share not known'
            else concat(
                'of what the nation obligated under the same listings in ',
                case
                    when years > 2 and last_year - first_year = years - 1
                        then concat('FY', cast(first_year as {{ dbt.type_string() }}), ' to FY', cast(last_year as {{ dbt.type_string() }}))
                    else years_named
                end,
                ', as seen by ', cast(seen_on as {{ dbt.type_string() }})
            )
        end,
        case
            when coalesce(listing_years, 0) > 0 and awards > awards_compared + awards_of_negative_years
                then concat('; not compared, of other years or listings: ',
                    cast(awards - awards_compared - awards_of_negative_years as {{ dbt.type_string() }}))
            else ''
        end,
        case
            when awards_of_negative_years > 0
                then concat('; not compared, of a year in which more was taken back than newly obligated: ',
                    cast(awards_of_negative_years as {{ dbt.type_string() }}), ' (figure_note in core.fct_listing_year)')
            else ''
        end
    ) as share_note
from shares
