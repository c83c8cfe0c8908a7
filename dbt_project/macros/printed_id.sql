{#- Key of a printed name with everything printed beside it: what is matched to a unit. -#}
{% macro printed_id(source, name, state_code, city_name, county_name, hint) -%}
    {{ surrogate_key([source, name, state_code, city_name, county_name, hint]) }}
{%- endmacro %}

{#- Source of a labelled name, as it is called elsewhere. The labels say ice: a hash over that word fixes which half a name
    is in (seeds/identity_labels). -#}
{% macro label_source(source) -%}
    case {{ source }} when 'ice' then 'ice_287g' else {{ source }} end
{%- endmacro %}

{#- Hint beside a labelled name. The labels have the FBI's types as the register prints them. -#}
{% macro label_hint(source, hint) -%}
    case {{ source }} when 'fbi' then {{ agency_type_hint(hint) }} else {{ hint }} end
{%- endmacro %}

{#- Kind of recipient in an award's record, a hint for names whose words show nothing. -#}
{% macro business_type_hint(types) -%}
    case
        when upper({{ types }}) like '%SCHOOL DISTRICT%' then 'school district'
        when upper({{ types }}) like '%HIGHER EDUCATION%' then 'university'
        when upper({{ types }}) like '%TRIBAL GOVERNMENT%' then 'tribe'
        when upper({{ types }}) like '%COUNTY GOVERNMENT%' then 'county'
        when upper({{ types }}) like '%CITY OR TOWNSHIP%' then 'place'
        when upper({{ types }}) like '%STATE GOVERNMENT%' then 'state'
        when upper({{ types }}) like '%SPECIAL DISTRICT%' then 'special authority'
        when upper({{ types }}) like '%NONPROFIT%' then 'organization'
    end
{%- endmacro %}

{#- Kind of agency that a list or register prints beside the name. -#}
{% macro agency_type_hint(type) -%}
    case
        when upper({{ type }}) in ('CITY', 'MUNICIPALITY', 'CITY AND BOROUGH') then 'place'
        when upper({{ type }}) = 'COUNTY' then 'county'
        when upper({{ type }}) in ('STATE AGENCY', 'STATE POLICE', 'OTHER STATE AGENCY') then 'state'
        when upper({{ type }}) = 'TRIBAL' then 'tribe'
        when upper({{ type }}) = 'UNIVERSITY OR COLLEGE' then 'university'
        -- a kind of county, which is also printed for the police of a city inside it: the words decide
        when upper({{ type }}) in ('PARISH', 'BOROUGH', 'CENSUS AREA') then 'local'
    end
{%- endmacro %}
