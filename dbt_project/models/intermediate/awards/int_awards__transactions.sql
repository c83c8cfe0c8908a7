{{ config(materialized='view') }}

-- Every transaction under the listings, and whether its publisher still has it. A year's newest whole capture lacks
-- what was deleted; a Delta names it; a listing that changed made a new key for the same action.
-- A download has the types that it asks for alone, an archive all of them: of another type a download says nothing.
{%- set asked_types = ['02', '03', '04', '05', 'F001', 'F002', '06', '10', 'F006', 'F007'] %}

with asked_for as (
    select
        staged.*,
        coalesce(staged.fain, staged.uri) as award_id,
        coalesce(staged.assistance_type_code in ('{{ asked_types | join("', '") }}'), true) as is_asked_for_by_type
    from {{ ref('stg_usaspending__transactions') }} as staged
    inner join {{ ref('assistance_listings') }} as listings
        on staged.assistance_listing = listings.assistance_listing
    where not staged.is_deletion_record
),

-- the version before the deletion, for what a Delta says is gone
deleted_keys as (
    select
        transaction_unique_key,
        max(_content_as_of) as deleted_as_of
    from {{ ref('stg_usaspending__transactions') }}
    where is_deletion_record
    group by transaction_unique_key
),

deleted as (
    select
        base.*,
        coalesce(base.fain, base.uri) as award_id,
        deleted_keys.deleted_as_of,
        row_number() over (
            partition by base.transaction_unique_key
            order by base._content_as_of desc, base._retrieved_at desc, base._record_no desc
        ) as newest
    from {{ ref('base_usaspending__transactions') }} as base
    inner join deleted_keys
        on base.transaction_unique_key = deleted_keys.transaction_unique_key
    inner join {{ ref('assistance_listings') }} as listings
        on base.assistance_listing = listings.assistance_listing
    where base._fate = 'superseded' and not base.is_deletion_record
),

-- a new key for the same action, brought by what changed, after the old key was last seen
moved as (
    select
        former.transaction_unique_key,
        min(latter.assistance_listing) as new_listing,
        min(latter._content_as_of) as moved_as_of
    from asked_for as latter
    inner join asked_for as former
        on
            latter.award_id = former.award_id
            and latter.awarding_sub_agency_code = former.awarding_sub_agency_code
            and coalesce(latter.modification_number, '') = coalesce(former.modification_number, '')
            and latter.action_on = former.action_on
            and latter.obligated_amount = former.obligated_amount
    where
        substr(latter._slice, 1, 2) <> 'FY'
        and latter.assistance_listing <> former.assistance_listing
        -- a key that was there beside the other is no new name of it
        and latter._seen_from > former._seen_until
    group by former.transaction_unique_key
),

{% set columns = [
    'transaction_unique_key', 'award_unique_key', 'award_id', 'fain', 'uri', 'modification_number',
    'assistance_listing', 'recipient_uei', 'recipient_duns', 'awarding_agency_code', 'awarding_sub_agency',
    'recipient_name', 'recipient_state_code', 'recipient_city_name', 'recipient_county_name',
    'performance_state_name', 'performance_city_name', 'performance_county_name', 'business_types',
    'assistance_type_code', 'action_type_code', 'action_type', 'record_type_code', 'description', 'obligated_amount',
    'award_obligated_amount', 'award_outlayed_amount', 'action_on', 'fiscal_year', 'start_on', 'end_on',
    'last_modified_on', '_capture_id', '_payload_id', '_record_no', '_kind', '_retrieved_at', '_content_as_of'
] + passed_names('usaspending__transactions') %}
every_transaction as (
    select
        {% for column in columns %}asked_for.{{ column }},
        {% endfor %}
        case
            when moved.transaction_unique_key is not null
                then concat('its listing changed to ', moved.new_listing)
            when asked_for.is_asked_for_by_type and asked_for._seen_until < whole_years.content_as_of
                then 'a newer capture of its whole fiscal year lacks it'
        end as deleted_because,
        case
            when moved.transaction_unique_key is not null then moved.moved_as_of
            when asked_for.is_asked_for_by_type and asked_for._seen_until < whole_years.content_as_of then whole_years.content_as_of
        end as deleted_as_of
    from asked_for
    left join {{ ref('int_awards__whole_years') }} as whole_years on asked_for.fiscal_year = whole_years.fiscal_year
    left join moved on asked_for.transaction_unique_key = moved.transaction_unique_key
    union all
    select
        {% for column in columns %}{{ column }},
        {% endfor %}
        'a Delta file says that it was deleted' as deleted_because,
        deleted_as_of
    from deleted
    where newest = 1
)

select *
from every_transaction
