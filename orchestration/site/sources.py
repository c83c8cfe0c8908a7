"""The page of the sources: what each gave, how old it is, what failed, what is missing and how to get it.

What belongs here: reading meta.source_status, meta.holdings and the terms of the data into a page. What does not:
deciding what is stale (landing, meta.source_status), the terms (declared.licenses).
"""

from __future__ import annotations

from orchestration import sources as publishers
from orchestration.site.pages import Pages


def write(pages: Pages) -> None:
    """Write sources.html."""
    found = pages.rows("""
        select
            statuses.*, sources.title, sources.homepage, sources.domain,
            holdings.held_unit, holdings.held_from, holdings.held_to, holdings.records_held, holdings.of_how_many,
            holdings.of_what, holdings.what_is_missing, holdings.how_to_get
        from meta.source_status as statuses
        left join core.dim_source as sources using (dataset)
        left join meta.holdings as holdings using (dataset)
        order by records = 0, coalesce(sources.title, dataset)
    """)
    for one in found:
        one["license"] = publishers.terms_of(one["dataset"])
    pages.write("sources.html", "sources.html", sources=found)
