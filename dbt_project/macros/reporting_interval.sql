{#-
    One end of the 95% interval of a percentage: Wilson's score interval at the effective sample size n / deff, which
    stays inside 0 to 100 and has a width at 0 and at 100.
    percent   0 to 100    n   victimizations interviewed    side   'low' or 'high'

    effect            design effect: by how much the variance exceeds that of a simple random sample; without one there is no
                      interval

    The public API carries neither strata and clusters nor the yearly parameters that BJS computes standard errors from
    (User's Guides to NCVS Generalized Variance Functions and to Direct Variance Estimation, December 2015,
    https://www.ojp.gov/ncjrs/virtual-library/abstracts/users-guide-national-crime-victimization-survey-ncvs-generalized).
    Seed survey_design_effects holds what was measured on the microdata of 2014 to 2023, of the percent of all violence, by
    group and length of window, with households as clusters. One year's measure rests on a few hundred persons and moves
    from 1.8 to 3.8 for Hispanic victims, so that the largest is taken. The strata and clusters of 2021 give less (1.94 where
    households give 2.18; 3.07 and 3.28 for the others). Families take that of all violence: in 2021 none had more.
-#}
{% macro reporting_bound(percent, n, side, effect) -%}
    {%- set n_effective = "(cast(" ~ n ~ " as double) / " ~ effect ~ ")" -%}
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
    {#- least() and greatest() leave a null out: without the condition an unknown bound would be 0 or 100 -#}
    case when {{ percent }} is not null and {{ effect }} is not null then
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
{% macro needs_caution(percent, n, effect) -%}
    (
        {{ n }} <= 10
        -- a percent of 0 has no coefficient of variation
        or coalesce(
            {{ effect }} * (100.0 - {{ percent }}) / nullif({{ percent }} * {{ n }}, 0) > 0.25, true
        )
    )
{%- endmacro %}
