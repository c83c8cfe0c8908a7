{#-
    The day, month or year of a document as its citation shows it: in brackets at the end, between title and address,
    in the address, or at the end of the words. Null if it shows none; two months ("2017-04/05") are their year.
-#}
{% macro cited_day(citation) -%}
    coalesce(
        nullif({{ regexp_extract(citation, '[(]([12][0-9]{3}(-[0-9]{2}){0,2})[)]$', 1) }}, ''),
        nullif({{ regexp_extract(citation, ', ([12][0-9]{3}-[0-9]{2}(-[0-9]{2})?)( [(]copies[)])?: http', 1) }}, ''),
        nullif({{ regexp_extract(citation, ', ([12][0-9]{3})-[0-9]{2}/[0-9]{2}: http', 1) }}, ''),
        nullif(replace({{ regexp_extract(citation, '/(20[0-9]{2}/[01][0-9]/[0-3][0-9])/', 1) }}, '/', '-'), ''),
        nullif(concat_ws(
            '-',
            nullif({{ regexp_extract(citation, '-(20[0-9]{2})[01][0-9][0-3][0-9]-story', 1) }}, ''),
            nullif({{ regexp_extract(citation, '-20[0-9]{2}([01][0-9])[0-3][0-9]-story', 1) }}, ''),
            nullif({{ regexp_extract(citation, '-20[0-9]{2}[01][0-9]([0-3][0-9])-story', 1) }}, '')
        ), ''),
        -- of what somebody writes on an announcement, its day is not the document's
        case when {{ citation }} not like '% on the announcement of %' then nullif({{ regexp_extract(
            citation, ' ([12][0-9]{3}-[0-9]{2}(-[0-9]{2})?)( as printed by .*| [(][^()]*[)])?$', 1
        ) }}, '') end
    )
{%- endmacro %}
