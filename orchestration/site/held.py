"""What the release holds of each place, as SQL: its awards, lists, laws, crime figures, agencies, and their sources.

What belongs here: the statements whose rows a place's page shows. What does not: writing them as files (places).
"""

from __future__ import annotations

# Tables of the connection's own, in this order.
PREPARED = {
    "shown": """
        with marked as (
            select jurisdiction_key, bit_or(mark) as marks
            from (
                select jurisdiction_key, 1 as mark from core.fct_award
                union all select jurisdiction_key, 1 from core.fct_announced_award
                union all select jurisdiction_key, 2 from core.fct_tracker_listing
                union all select jurisdiction_key, 2 from core.fct_listed_unit
                union all select jurisdiction_key, 4 from core.fct_policy_event
                union all select distinct jurisdiction_key, 8 from core.fct_crime_month
                union all select distinct jurisdiction_key, 8 from core.fct_crime_year
                union all select distinct jurisdiction_key, 8 from core.fct_crime_year_printed
                union all
                select agencies.jurisdiction_key, 8
                from (select distinct agency_key from core.fct_victim_month_total)
                join core.dim_agency as agencies using (agency_key)
            )
            where jurisdiction_key <> '-1'
            group by jurisdiction_key
        )
        select
            units.*, marked.marks, coalesce(units.geoid, 'x' || left(units.jurisdiction_key, 12)) as id,
            coalesce(units.state_code, 'US') as shard
        from core.dim_jurisdiction as units
        join marked using (jurisdiction_key)
    """,
    "place_words": """
        with used as (
            select coverage as word from core.fct_crime_month union select series from core.fct_crime_month
            union select break_reason from core.fct_crime_month
            union select coverage from core.fct_crime_year_printed union select series from core.fct_crime_year_printed
            union select break_reason from core.fct_crime_year_printed
        )
        select word, row_number() over (order by word) - 1 as number from used where word is not null
    """,
    "payload_numbers": """
        with used as (
            select _capture_id, _payload_id from core.fct_award
            union select _capture_id, _payload_id from core.fct_announced_award
            union select _capture_id, _payload_id from core.fct_victim_month_total
            union select _capture_id, _payload_id from core.fct_tracker_listing
            union select _capture_id, _payload_id from core.fct_policy_event
            union select _capture_id, _payload_id from core.fct_crime_month
            union select _capture_id, _payload_id from core.fct_crime_year_printed
            union select _capture_id, _payload_id from core.fct_listed_unit
            union select _capture_id, _payload_id from core.fct_tracker_snapshot
            union select _capture_id, _payload_id from core.fct_policy_status
            union select _capture_id, _payload_id from core.fct_population_year
            union select _capture_id, _payload_id from core.dim_agency
        )
        select *, row_number() over (order by _capture_id, _payload_id) as payload from used
    """,
    "month_series": """
        select
            months.jurisdiction_key, months.agency_key, months.fbi_offense_code,
            list([
                date_diff('month', date '1970-01-01', months.month_start), months.offenses, coverages.number,
                series.number, case when months.is_break then coalesce(breaks.number, -1) end
            ] order by months.month_start) as months,
            list(distinct payloads.payload) as payloads
        from core.fct_crime_month as months
        join payload_numbers as payloads using (_capture_id, _payload_id)
        left join place_words as coverages on months.coverage = coverages.word
        left join place_words as series on months.series = series.word
        left join place_words as breaks on months.break_reason = breaks.word
        group by all
    """,
    "year_series": """
        select
            years.jurisdiction_key, years.place_name, years.fbi_offense_code, series.number as series,
            {counts} as counts,
            list([years.calendar_year, coalesce(breaks.number, -1)] order by years.calendar_year)
                filter (where years.is_break) as breaks,
            list([years.calendar_year, coverages.number] order by years.calendar_year)
                filter (where years.offenses is null) as uncounted
        from core.fct_crime_year_printed as years
        left join place_words as series on years.series = series.word
        left join place_words as coverages on years.coverage = coverages.word
        left join place_words as breaks on years.break_reason = breaks.word
        group by all
    """,
    "year_payloads": """
        select jurisdiction_key, place_name, list(distinct payload order by payload) as payloads
        from core.fct_crime_year_printed join payload_numbers using (_capture_id, _payload_id)
        group by all
    """,
}

# The parts of a place's data: each gives jurisdiction_key, the item, and its place in the list.
PARTS = {
    "awards": """
        select
            awards.jurisdiction_key, awards.start_on as place_in_list,
            {fain: fain, unique_key: award_unique_key, recipient: recipients.recipient_name,
             program: awards.program_area, listing: programs.assistance_listing, fiscal_year: fiscal_year,
             "from": start_on, "to": end_on, obligated: obligated_amount, outlayed: outlayed_amount,
             undisbursed: undisbursed_amount, outlay_as_of: outlay_as_of, payload: payload,
             record: awards._record_no} as item
        from core.fct_award as awards
        join core.dim_recipient as recipients using (recipient_key)
        join core.dim_program as programs using (program_key)
        join payload_numbers as payloads
            on awards._capture_id = payloads._capture_id and awards._payload_id = payloads._payload_id
    """,
    # what was announced stands beside what is captured, and is never added to it
    "announced": """
        select
            announced.jurisdiction_key, (announced.fiscal_year, announced.announced_award_key) as place_in_list,
            {key: announced_award_key, agency: agency_name, program: announced.program_area,
             fiscal_year: announced.fiscal_year, amount: announced.announced_amount, rounded: is_rounded,
             officers: officers_announced, "by": announced_by, "on": announced_on, precision: announced_precision,
             source: source_citation, fain: awards.fain, payload: payload, record: announced._record_no} as item
        from core.fct_announced_award as announced
        left join core.fct_award as awards using (award_key)
        join payload_numbers as payloads
            on announced._capture_id = payloads._capture_id and announced._payload_id = payloads._payload_id
    """,
    "lists": """
        select
            listings.jurisdiction_key, listings.listed_from as place_in_list,
            {key: listing_key, tracker: trackers.tracker_code, name: listed_name, level: level, "from": listed_from,
             since: listed_since, "to": listed_to, because: listed_to_because, seen: last_seen_on, kind: support_type,
             payload: payload, record: _record_no} as item
        from core.fct_tracker_listing as listings
        join core.dim_tracker as trackers using (tracker_key)
        join payload_numbers using (_capture_id, _payload_id)
    """,
    # a merged city is listed as its county, too: fct_listed_unit says so of units
    "listed": """
        select jurisdiction_key, listed_from as place_in_list,
            {tracker: tracker_code, level: level, name: listed_name, "from": listed_from, "to": listed_to,
             payload: payload, record: _record_no, key: listed_unit_key} as item
        from core.fct_listed_unit
        join payload_numbers using (_capture_id, _payload_id)
    """,
    "events": """
        select
            jurisdiction_key, event_from as place_in_list,
            {key: policy_event_key, provision: provision_code, instrument: instrument, number: instrument_number,
             event: event, "from": event_from, "to": event_to, precision: date_precision, status: source_status,
             source: source_citation, note: note, payload: payload, record: _record_no} as item
        from core.fct_policy_event
        join payload_numbers using (_capture_id, _payload_id)
    """,
    # a city that is its own county, and New York's five
    "counties": """
        select codes.jurisdiction_key, codes.geoid as place_in_list, codes.geoid as item
        from core.bridge_geoid_jurisdiction as codes
        join core.dim_jurisdiction as units on codes.jurisdiction_key = units.jurisdiction_key
        where length(codes.geoid) = 5 and units.level <> 'county'
    """,
    "statuses": """
        select jurisdiction_key, valid_from as place_in_list,
            {provision: provision_code, status: status, "from": valid_from, "to": valid_to, since: status_since,
             "by": decided_by, payload: payload, record: _record_no, key: policy_status_key} as item
        from core.fct_policy_status
        join payload_numbers using (_capture_id, _payload_id)
    """,
    "agencies": """
        select
            agencies.jurisdiction_key, agencies.agency_name as place_in_list,
            [agencies.agency_key[:12], agencies.ori, agencies.agency_name, agencies.agency_type,
             cast(agencies.nibrs_start_on as varchar), cast(counted.months as varchar),
             cast(counted.counted as varchar), cast(payloads.payload as varchar), agencies.coverage,
             victims.years, cast(victims.months as varchar), cast(victims.sent as varchar), victims.payloads] as item
        from core.dim_agency as agencies
        left join payload_numbers as payloads
            on agencies._capture_id = payloads._capture_id and agencies._payload_id = payloads._payload_id
        left join (
            -- as the page of completeness has it: a month counts if every offense of it was reported
            select agency_key, count(*) as months, count(*) filter (where is_counted) as counted
            from (
                select agency_key, bool_and(coverage = 'reported') as is_counted
                from core.fct_crime_month group by agency_key, month_start
            ) group by agency_key
        ) as counted using (agency_key)
        left join (
            -- incident files: the years and months held, and those that count as sent
            select agency_key, array_to_string(list_sort(list(distinct year(month_start))), ', ') as years,
                count(distinct month_start) as months,
                count(distinct month_start) filter (where sent_status = 'sent') as sent,
                string_agg(distinct cast(payload as varchar), ' ') as payloads
            from core.fct_victim_month_total join payload_numbers using (_capture_id, _payload_id)
            group by agency_key
        ) as victims using (agency_key)
    """,
    # the row of the people that the page names: its year is the unit's own
    "people": """
        select people.jurisdiction_key, people.population_source as place_in_list,
            {payload: payload, record: people._record_no, key: people.population_year_key} as item
        from core.fct_population_year as people
        join core.dim_jurisdiction as units
            on people.jurisdiction_key = units.jurisdiction_key and people.calendar_year = units.population_year
            and people.population = units.population
        join payload_numbers as payloads
            on people._capture_id = payloads._capture_id and people._payload_id = payloads._payload_id
    """,
    "changes": """
        select jurisdiction_key, change_no as place_in_list, sentence as item
        from meta.change where is_notable and jurisdiction_key is not null
    """,
    "months": """
        select jurisdiction_key, fbi_offense_code as place_in_list,
            {agency: agency_key[:12], offense: fbi_offense_code, rows: months, payloads: payloads} as item
        from month_series
    """,
    # offense, series, counts from the first year on, [year, why] of breaks, [year, coverage] of rows without a count
    "years": """
        select series.jurisdiction_key, series.place_name as place_in_list,
            {place: series.place_name, payloads: any_value(payloads.payloads), series: list(to_json([
                to_json(fbi_offense_code), to_json(series.series), to_json(counts), to_json(breaks), to_json(uncounted)
            ]) order by fbi_offense_code, series.series)} as item
        from year_series as series
        join year_payloads as payloads
            on series.jurisdiction_key = payloads.jurisdiction_key and series.place_name = payloads.place_name
        group by series.jurisdiction_key, series.place_name
    """,
}

# What stands beside the places of a state: shard -> JSON.
BESIDE = {
    # on which days each tracker's list is known for the state: [day, next day, is it a withdrawal, payload]
    "snapshots": """
        select state_code, to_json(map_from_entries(list((tracker_code, days))))
        from (
            select snapshots.state_code, trackers.tracker_code,
                list([cast(snapshot_on as varchar), cast(next_snapshot_on as varchar), cast(is_withdrawal as varchar),
                      cast(payload as varchar)] order by snapshot_on) as days
            from core.fct_tracker_snapshot as snapshots
            join core.dim_tracker as trackers using (tracker_key)
            join payload_numbers as payloads
                on snapshots._capture_id = payloads._capture_id and snapshots._payload_id = payloads._payload_id
            group by all
        )
        group by state_code
    """,
    "payloads": """
        with used as (
            select jurisdiction_key, payload from core.fct_award join payload_numbers using (_capture_id, _payload_id)
            union select jurisdiction_key, payload from core.fct_announced_award
                join payload_numbers using (_capture_id, _payload_id)
            union select agencies.jurisdiction_key, victims.payload
                from (
                    select distinct agency_key, payload
                    from core.fct_victim_month_total join payload_numbers using (_capture_id, _payload_id)
                ) as victims join core.dim_agency as agencies using (agency_key)
            union select jurisdiction_key, payload from core.fct_tracker_listing
                join payload_numbers using (_capture_id, _payload_id)
            union select jurisdiction_key, payload from core.fct_policy_event
                join payload_numbers using (_capture_id, _payload_id)
            union select jurisdiction_key, payload from core.fct_listed_unit
                join payload_numbers using (_capture_id, _payload_id)
            union select jurisdiction_key, payload from core.fct_policy_status
                join payload_numbers using (_capture_id, _payload_id)
            union select jurisdiction_key, payload from core.fct_population_year
                join payload_numbers using (_capture_id, _payload_id)
                join core.dim_jurisdiction as units using (jurisdiction_key)
                where calendar_year = units.population_year
            union select jurisdiction_key, payload from core.dim_agency
                join payload_numbers using (_capture_id, _payload_id)
            union select jurisdiction_key, unnest(payloads) from month_series
            union select jurisdiction_key, unnest(payloads) from year_payloads
        ),
        of_shards as (
            select shown.shard, used.payload from used join shown using (jurisdiction_key)
            union
            select snapshots.state_code, payload
            from core.fct_tracker_snapshot as snapshots join payload_numbers using (_capture_id, _payload_id)
        )
        select shard, to_json(map_from_entries(list((cast(payload as varchar), about))))
        from (
            select distinct used.shard, used.payload,
                {capture: captures.capture_id, dataset: captures.dataset, publisher: captures.publisher,
                 kind: captures.kind, url: payloads.url, retrieved: payloads.retrieved_at, sha256: payloads.sha256,
                 note: captures.note} as about
            from of_shards as used
            join payload_numbers as numbers on used.payload = numbers.payload
            join meta.payload as payloads
                on numbers._payload_id = payloads.payload_id and numbers._capture_id = payloads.capture_id
            join meta.capture as captures on payloads.capture_id = captures.capture_id
        )
        group by shard
    """,
    "state": "select shard, to_json(max(id)) from shown where level = 'state' group by shard",
}
