-- Wilson's score interval against the worked examples of Newcombe, Two-sided confidence intervals for the single
-- proportion, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29. The interval is
-- taken at n / design effect, here 4, so that each n stands multiplied by it.
with examples as (
    select 81 as found, 263 as n, 25.53 as low, 36.62 as high
    union all
    select 15 as found, 148 as n, 6.24 as low, 16.05 as high
    union all
    select 0 as found, 20 as n, 0.00 as low, 16.11 as high
    union all
    select 1 as found, 29 as n, 0.61 as low, 17.18 as high
),

shares as (
    select
        low,
        high,
        100.0 * found / n as percent,
        n * 4 as interviewed
    from examples
),

bounded as (
    select
        shares.*,
        {{ reporting_bound('percent', 'interviewed', 'low', '4.0') }} as computed_low,
        {{ reporting_bound('percent', 'interviewed', 'high', '4.0') }} as computed_high
    from shares
)

select *
from bounded
where abs(low - computed_low) > 0.01 or abs(high - computed_high) > 0.01
