-- One award from its transactions: the money is their sum, the words are the newest one's.
with present as (
    select *
    from {{ ref('int_awards__transactions') }}
    where deleted_because is null
),

sums as (
    select
        award_id,
        awarding_agency_code,
        count(*) as transactions,
        sum(obligated_amount) as obligated_amount,
        min(action_on) as first_action_on,
        max(action_on) as last_action_on,
        min(fiscal_year) as first_fiscal_year,
        max(case when action_type_code = 'A' or modification_number in ('0', '00', '000') then 1 else 0 end) = 1
            as has_first_action
    from present
    group by award_id, awarding_agency_code
),

ordered as (
    select
        award_id,
        awarding_agency_code,
        award_unique_key,
        assistance_listing,
        recipient_uei,
        recipient_duns,
        recipient_name,
        recipient_state_code,
        recipient_city_name,
        recipient_county_name,
        performance_state_name,
        performance_city_name,
        performance_county_name,
        business_types,
        assistance_type_code,
        record_type_code,
        awarding_sub_agency,
        description,
        award_obligated_amount,
        award_outlayed_amount,
        start_on,
        end_on,
        last_modified_on,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at,
        _content_as_of,
        row_number() over (
            partition by award_id, awarding_agency_code
            order by action_on desc, last_modified_on desc, modification_number desc, transaction_unique_key desc
        ) as newest
    from present
)

select
    ordered.*,
    sums.transactions,
    sums.obligated_amount,
    sums.first_action_on,
    sums.last_action_on,
    sums.first_fiscal_year,
    sums.has_first_action
from ordered
inner join sums
    on ordered.award_id = sums.award_id and ordered.awarding_agency_code = sums.awarding_agency_code
where ordered.newest = 1
