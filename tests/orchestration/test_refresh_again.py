"""Whole refreshes after the first: a night on which nobody answers, and real files brought by a user.

What belongs here: tests that build the warehouse once more by the command. What does not: reading one release
(test_refresh).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from werkzeug import Response

from orchestration.reading import questions
from orchestration.release import history
from orchestration.settings import Settings
from tests.conftest import clawback, copy_home


def scalar(connection, sql: str):
    (value,) = connection.execute(sql).fetchone()
    return value


def test_a_night_on_which_nobody_answers_empties_nothing_and_ends_with_exit_4_where_that_is_accepted(
    published, tmp_path, httpserver
):
    """Every publisher refuses the connection: the gate refuses the empty facts (3); accepted with a reason, the
    release stands and the exit code says that sources are too old (4). The first night is told, the second is not."""
    messages: list[dict[str, str]] = []
    httpserver.expect_request("/told").respond_with_handler(
        lambda request: Response(status=200 if messages.append(request.get_json()) is None else 500)
    )
    original, _ = published
    home = tmp_path / "home"
    copy_home(original, home, "build", "landing")
    nobody = {
        f"CLAWBACK_{name.upper()}": "http://127.0.0.1:9" for name in Settings().base_urls() if name != "socrata_url"
    }
    nobody |= {"CLAWBACK_CONTACT": "synthetic@example.org", "CLAWBACK_REQUEST_DEADLINE": "0.0001"}
    nobody |= {"CLAWBACK_NOTIFY_URLS": f"json://127.0.0.1:{httpserver.port}/told"}
    before = history.last_release(Settings(home=home)).id
    refused = clawback(home, "refresh", "--live", "--json", **nobody)
    account = json.loads(refused.stdout)
    assert refused.returncode == 3, refused.stderr
    empty = {finding["check"] for finding in account["findings"]}
    assert {"rows of core.fct_award", "rows of core.fct_crime_month"} <= empty
    assert all("no rows at all" in finding["detail"] for finding in account["findings"])
    assert history.last_release(Settings(home=home)).id == before
    assert "needs DATA_GOV_API_KEY" in json.dumps(account["datasets"])
    (told,) = messages
    assert told["title"].startswith("Clawback: release refused, failing ")
    assert "too old" in told["title"]
    assert f"Run {account['run_id']} (refresh, live edition): gate refused." in told["message"]

    options = [part for check in sorted(empty) for part in ("--accept", check)]
    accepted = clawback(home, "refresh", "--live", "--json", *options, "--because", "synthetic test", **nobody)
    assert accepted.returncode == 4, accepted.stderr
    # the same sources fail again, and nobody hears of it twice
    assert len(messages) == 1, messages[1:]
    health = json.loads(clawback(home, "health", "--json", CLAWBACK_EDITION="live").stdout)
    assert health["status"] == "critical"
    assert {one["check"] for one in health["accepted"]} == empty
    account = json.loads(accepted.stdout)
    assert account["published"] is True
    # the exit code is explained, and the release, the command and the account tell the same
    late = {line.partition(":")[0] for line in account["too_old"]}
    assert "usaspending/awards" in late
    assert "ledger/policy_events" not in late
    with questions.connect(Settings(home=home)) as connection:
        published_standing = connection.execute(
            "select replace(dataset, '__', '/'), state, slices_failed, reason from meta.source_status"
            " where slices_too_old > 0"
        ).fetchall()
    status = json.loads(clawback(home, "status", "--json", CLAWBACK_EDITION="live").stdout)["sources"]
    told = {(row["dataset"], row["state"], row["failed"], row["why"]) for row in status if row["too_old"]}
    assert {dataset for dataset, *_ in told} == late
    assert set(published_standing) == told
    # The reason is what the address did, not that the rest was not asked for. Cities' addresses are not set above.
    silent = {dataset for dataset, *_, why in told if "127.0.0.1" not in why and not dataset.startswith("socrata/")}
    assert silent == set(), told
    assert set(history.last_release(Settings(home=home)).accepted) == empty


@pytest.mark.real
def test_real_files_are_imported_and_published_with_the_publishers_counts(published, real: Path, tmp_path):
    """ICE: 150 agreements on 2021-01-13 and 1,843 on 2026-05-18; NCVS from the microdata as from the grouped sums."""
    original, _ = published
    home = tmp_path / "home"
    copy_home(original, home)
    ncvs = sorted(str(p) for p in (real / "bjs_ncvs").glob("*.json.gz"))
    ice = sorted(str(p) for p in (real / "trackers" / "ice_287g").glob("*.xlsx"))
    took = json.loads(clawback(home, "import", "bjs/victimizations", *ncvs, "--json").stdout)
    assert [r["ok"] for r in took] == [True] * 8
    assert sum(r["records"] for r in took) == 15123
    took = json.loads(clawback(home, "import", "ice/agreements_287g", *ice, "--json").stdout)
    assert {r["file"]: r["records"] for r in took if r["ok"]} == {
        "ParticipatingEntities-20210113002027.xlsx": 150,
        "ParticipatingEntities-20230915220254.xlsx": 137,
        "participatingAgencies-20250221214937.xlsx": 151,
        "participatingAgencies-20250317231040.xlsx": 360,
        "participatingAgencies05182026am.xlsx": 1843,
    }
    wrong = clawback(home, "import", "ice/agreements_287g", ncvs[0])
    assert wrong.returncode == 1
    assert "NOT taken" in wrong.stdout
    done = clawback(home, "refresh", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tables are kept from the last build" in done.stderr
    with questions.connect(Settings(home=home)) as connection:
        for day, agreements in (("2021-01-13", 150), ("2026-05-18", 1843)):
            assert agreements == scalar(
                connection,
                "select count(*) from core.fct_tracker_listing as l join core.dim_tracker as t using (tracker_key)"
                f" where t.tracker_code = 'ice_287g' and l.listed_from <= date '{day}'"
                f" and (l.listed_to is null or l.listed_to > date '{day}')",
            )
        imported = connection.execute(
            "select distinct calendar_year from core.fct_victimization_reporting where _kind = 'imported' order by 1"
        ).fetchall()
        assert imported == [(year,) for year in range(2014, 2022)]
        percent = scalar(
            connection,
            "select percent_reported from core.fct_victimization_reporting_total"
            " where calendar_year = 2019 and victim_group = 'all' and offense_family = 'all_violent'",
        )
        assert percent == pytest.approx(40.9, abs=0.1)
