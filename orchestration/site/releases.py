"""The pages of the releases: this one and those before it, each with its notes, its checks and what changed in it.

What belongs here: reading what changed out of a release's own file (meta.change), and laying it out. What does not:
what changed and the sentences that tell it (release.changes, release.telling), the feed (release.feed).
"""

from __future__ import annotations

import duckdb

from orchestration.release import history, layout
from orchestration.release.history import Release
from orchestration.settings import Settings
from orchestration.site.pages import Pages, Row

# So many earlier releases have a page of their own here; the list names all.
_EARLIER = 12
# A page shows so many sentences; meta.change has all.
_MOST = 2_000
_CHANGES = f"""
select
    change.sentence, change.is_notable, change.geoid, places.name as place, places.state_code,
    change.table_schema || '.' || change.table_name as "table", change.since_release
from meta.change as change
left join core.dim_jurisdiction as places
    on change.jurisdiction_key = places.jurisdiction_key and places.jurisdiction_key <> '-1'
order by change.change_no
limit {_MOST}
"""
_WARNED = """
select check_name, status, detail, accepted_because
from meta.check_result where status <> 'pass' order by check_name
"""
# What moved from one place to another is a line of both, and one change.
_COUNTED = """
select count(*) as changes, count(*) filter (where is_notable) as notable, min(since_release) as since
from (
    select distinct table_schema, table_name, kind, row_key, changed_column, sentence, is_notable, since_release
    from meta.change
)
"""


def notable(pages: Pages, most: int) -> tuple[Row, list[Row]]:
    """How many changes there are since the release before, and the first notable ones."""
    (counted,) = pages.rows(_COUNTED)
    by_sentence = {(row["table"], row["sentence"]): row for row in reversed(pages.rows(_CHANGES)) if row["is_notable"]}
    return counted, list(reversed(by_sentence.values()))[:most]


def write(pages: Pages, settings: Settings) -> None:
    """Write releases.html and a page for each release."""
    earlier = [release for release in history.releases(settings) if release.id != pages.release.id]
    own = [pages.release.id]
    _write_one(pages, pages.release, pages)
    for release in earlier[:_EARLIER]:
        try:
            with duckdb.connect() as connection:
                layout.attach(connection, release.path, "kept")
                connection.execute("use kept")
                _write_one(pages, release, Pages(pages.site, release, connection))
        except duckdb.Error:  # its file is gone, or of a version without what is asked for
            continue
        own.append(release.id)
    counted, first = notable(pages, 10)
    pages.write("releases.html", "releases.html", earlier=earlier, own=own, counted=counted, first=first)


def _write_one(pages: Pages, release: Release, of_it: Pages) -> None:
    """Write a release's page into the site; of_it: what reads its file."""
    (counted,) = of_it.rows(_COUNTED)
    pages.write(
        f"releases/{release.id}.html",
        "release.html",
        one=release,
        counted=counted,
        changes=of_it.rows(_CHANGES),
        warned=of_it.rows(_WARNED),
        differences=sorted(release.differences.items(), key=lambda item: -abs(item[1])),
        published=pages.release.rows,
    )
