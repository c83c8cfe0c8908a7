{#-
    A printed name with its parts in the order of speech: "Detroit, City Of" is City Of Detroit, "Corrections, Oklahoma
    Dept Of" and "Denver, City and County" likewise: what follows the last comma comes first. The FBI's register
    prints a unit of a larger body last, "Highway Patrol: Colusa County"; a city's own department stays as it is. Of "City
    and County of Denver - Denver Police Department" the front is the name.
-#}
{% macro upright_name(name) -%}
    {%- set forms = 'THE|CITY|COUNTY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|CITY (AND|&) COUNTY' -%}
    {%- set upper_name = "upper(" ~ name ~ ")" -%}
    case
        when {{ regexp_matches(upper_name, ",[^,]* (OF|FOR)( THE)?[. ]*$|, *(" ~ forms ~ ")[. ]*$") }}
            then concat(
                {{ regexp_extract(name, ",([^,]*)$", 1) }},
                case when {{ regexp_matches(upper_name, " (OF|FOR|THE)[. ]*$|, *THE[. ]*$") }} then ' ' else ' OF ' end,
                {{ regexp_extract(name, "^(.*),[^,]*$", 1) }}
            )
        when position(': ' in {{ name }}) > 0 and not {{ regexp_matches(upper_name, "^[A-Z ]+ CITY DEPARTMENT") }}
            then concat(split_part({{ name }}, ': ', 2), ' ', split_part({{ name }}, ': ', 1))
        when position(' - ' in {{ name }}) > 0 and {{ regexp_matches(upper_name, "^(THE )?(" ~ (forms | replace("THE|", "")) ~ ") OF ") }}
            then split_part({{ name }}, ' - ', 1)
        else {{ name }}
    end
{%- endmacro %}
