{#-
    A change and its 95% interval, where counts of months scatter more than a Poisson's. What belongs here: the arithmetic.
    What does not: how far counts scatter (int_crime__reporting_dispersion), which changes may be shown
    (int_crime__reporting_changes).

    The logarithm of a ratio of counts has the variance of the Poisson, times the dispersion: quasi-likelihood
    (Wedderburn, Biometrika 61, 1974; McCullagh and Nelder, Generalized Linear Models, second edition, 1989). The interval
    takes Student's t with the degrees of freedom of the dispersion.
-#}

{#- The 97.5th percentile of Student's t; null below 5 degrees, where no interval is made. -#}
{% macro student_t(degrees) -%}
    case {{ degrees }}
        {%- for value in ['2.571', '2.447', '2.365', '2.306', '2.262', '2.228', '2.201'] %}
        when {{ loop.index + 4 }} then {{ value }}
        {%- endfor %}
    end
{%- endmacro %}

{#- Variance of the logarithm of a group's counts now / before. -#}
{% macro log_ratio_variance(group) -%}
    {{ group }}_dispersion * (1.0 / nullif({{ group }}_reports, 0) + 1.0 / nullif({{ group }}_reports_before, 0))
{%- endmacro %}

{#-
    Variance of the logarithm of the Hispanic share now / before, by the delta method: the share is H / (H + R), and its
    logarithm moves by (1 - share) times that of H / R. Without overdispersion it is the variance of a ratio of proportions
    (Katz and others, Biometrics 34, 1978). 1e0, not 1.0: a product of Spark's decimals keeps six digits.
-#}
{% macro log_share_variance() -%}
    {%- for side in ['', '_before'] %}
    {%- set all, one = 'citywide_reports' ~ side, 'hispanic_reports' ~ side %}
    (1e0 - 1e0 * {{ one }} / {{ all }}) * (1e0 - 1e0 * {{ one }} / {{ all }})
    * (hispanic_dispersion / {{ one }} + others_dispersion / nullif({{ all }} - {{ one }}, 0)){{ ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- One end of the interval of a ratio's change in percent: '-' the low, '+' the high. -#}
{% macro change_bound(ratio, variance, side) -%}
    100.0 * (exp(ln(nullif({{ ratio }}, 0)) {{ side }} {{ student_t('dispersion_degrees') }} * sqrt({{ variance }})) - 1.0)
{%- endmacro %}

{#- Columns of the windows that reports and victims share: counts, and figures that rest on them. -#}
{% macro reporting_counts() -%}
    {%- set names = [] -%}
    {%- for side in ['_reports', '_reports_before'] -%}
        {%- for group in ['hispanic', 'others', 'unknown', 'citywide'] -%}
            {%- do names.append(group ~ side) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{% macro reporting_measures() -%}
    {%- set names = ['known_share', 'known_share_before'] -%}
    {%- for figure in ['hispanic_change', 'others_change', 'citywide_change', 'beside_others', 'beside_all'] -%}
        {%- do names.extend([figure ~ '_percent', figure ~ '_low', figure ~ '_high']) -%}
    {%- endfor -%}
    {%- do names.extend(['hispanic_dispersion', 'others_dispersion']) -%}
    {{ return(names) }}
{%- endmacro %}
