{#-
    One end of the 95% interval of a percentage: Wilson's score interval at the effective sample size n / deff, which
    stays inside 0 to 100 and has a width at 0 and at 100.
    percent   0 to 100    n   victimizations interviewed    side   'low' or 'high'

    deff is the variable ncvs_design_effect, an assumption of ours: the public API carries neither the strata and
    clusters nor the yearly parameters that BJS computes standard errors from (User's Guides to NCVS Generalized
    Variance Functions and to Direct Variance Estimation, December 2015, https://www.ojp.gov/ncjrs/virtual-library/
    abstracts/users-guide-national-crime-victimization-survey-ncvs-generalized). Measured on the microdata of 2014 to
    2021 with persons as clusters, the design effect of the percentage of all violence is 1.8 to 3.8 a year for
    Hispanic victims and 2.8 to 5.1 for the others, 2.4 to 4.5 over three years (tests/reporting/test_survey.py measures it);
    clusters of places are not in it. Where it is 5 the interval given here is 11 percent too narrow.
-#}
{% macro reporting_bound(percent, n, side) -%}
    {%- set n_effective = "(cast(" ~ n ~ " as double) / " ~ var('ncvs_design_effect') ~ ")" -%}
    {%- set share = "(" ~ percent ~ " / 100.0)" -%}
    {%- set sign = '-' if side == 'low' else '+' -%}
    {%- set bound -%}
        100.0 * (
            {{ share }} + 1.9208 / {{ n_effective }}
            {{ sign }} 1.96 * sqrt({{ share }} * (1.0 - {{ share }}) / {{ n_effective }}
                + 0.9604 / ({{ n_effective }} * {{ n_effective }}))
        ) / (1.0 + 3.8416 / {{ n_effective }})
    {%- endset -%}
    {#- at 0 and at 100 an end of the interval is the percentage itself, whatever the arithmetic's last digit -#}
    case when {{ percent }} is not null then
        {% if side == 'low' %}
        least({{ percent }}, greatest(0.0, {{ bound }}))
        {% else %}
        greatest({{ percent }}, least(100.0, {{ bound }}))
        {% endif %}
    end
{%- endmacro %}

{#-
    Whether a percentage needs BJS's footnote "interpret with caution": ten sample cases or fewer, or a coefficient of
    variation above 50% (BJS on its footnotes, https://webarchive.library.unt.edu/web/20120916110654/
    http:/www.bjs.gov/index.cfm?iid=464&ty=qa, and the notes to the tables of Criminal Victimization).
-#}
{% macro needs_caution(percent, n) -%}
    (
        {{ n }} <= 10
        -- a percent of 0 has no coefficient of variation
        or coalesce(
            {{ var('ncvs_design_effect') }} * (100.0 - {{ percent }}) / nullif({{ percent }} * {{ n }}, 0) > 0.25, true
        )
    )
{%- endmacro %}
