"""What was printed of awards, what the nation obligated, and what follows for the claims, in the published release.

What belongs here: known answers, each from the print or from the publisher's own sums. What does not: the tables as
transcribed (tests/recorded), made-up cases of the rules (the models' unit tests).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def ask(published) -> Iterator[Ask]:
    settings, _ = published
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


class TestAnnouncedAwards:
    def test_one_award_with_two_witnesses_stands_once(self, ask: Ask):
        found = ask(
            "select announced_amount, officers_announced, witnesses from core.fct_announced_award"
            " join core.dim_jurisdiction using (jurisdiction_key)"
            " where geoid = '1714000' and fiscal_year = 2016 and program_area = 'hiring'"
        )
        assert found == [(Decimal("3125000.00"), 25, 2)]

    def test_the_nine_agencies_of_illinois_add_up_to_what_the_senator_printed(self, ask: Ask):
        # "a total of $11,076,506 ... to hire 80 new full-time law enforcement professionals" (2021-11-23)
        found = ask(
            "select count(*), sum(announced_amount), sum(officers_announced) from core.fct_announced_award"
            " where state_code = 'IL' and fiscal_year = 2021 and program_area = 'hiring'"
        )
        assert found == [(9, Decimal("11076506.00"), 80)]
        printed = ask(
            "select figure"
            " from core.fct_published_statistic"
            " where entity = 'Illinois, all' and period_as_printed = 'FY2021'"
            " order by 1"
        )
        assert printed == [(80.0,), (11076506.0,)]

    @pytest.mark.parametrize(
        ("publisher", "year", "awards", "amount"),
        [
            # the ten that the release names add up to 6,036,266; the release says more than 6 million
            ("COPS Office", 2014, 10, "6036266.00"),
            # "nearly $124 million ... including $704,755 in Kansas"
            ("US Attorney (Kansas)", 2014, 6, "704755.00"),
            # "more than $7.8 million"
            ("US Attorney N.D. California", 2012, 7, "7822693.00"),
        ],
    )
    def test_the_awards_of_a_release_add_up_to_its_own_total(self, ask: Ask, publisher, year, awards, amount):
        found = ask(
            f"select count(*), sum(announced_amount) from core.fct_announced_award where announced_by = '{publisher}'"
            f" and fiscal_year = {year}"
        )
        assert found == [(awards, Decimal(amount))]

    def test_allocations_sums_of_years_and_the_article_are_no_awards(self, ask: Ask):
        kinds = dict(ask("select statement_kind, count(announced_award_key) from core.fct_award_statement group by 1"))
        assert {kind for kind, awards in kinds.items() if awards} == {"award"}
        assert ask(
            "select count(*), count(announced_award_key) from core.fct_award_statement where is_the_article"
        ) == [(1, 0)]
        # the 23 jurisdictions that the Center for Immigration Studies lists, as it printed their sum
        assert ask(
            "select count(*), sum(stated_amount) from core.fct_award_statement where statement_kind = 'allocation'"
            " and announced_by like 'Center for Immigration Studies%'"
        ) == [(23, Decimal("53067195.00"))]

    def test_announced_stands_beside_what_is_obligated_now(self, ask: Ask):
        found = ask(
            "select fain, announced_amount, obligated_amount, difference_because"
            " from analysis.mart_announced_reconciliation where fain = '15JCOPS21GG03416UHPX'"
        )
        assert found == [("15JCOPS21GG03416UHPX", Decimal("6250000.00"), Decimal("6250000.00"), "equal")]


class TestTheNation:
    def test_a_negative_year_is_explained_where_it_is_shown(self, ask: Ask):
        ((amount, note),) = ask(
            "select obligated_amount, figure_note from core.fct_listing_year"
            " where assistance_listing = '16.710' and fiscal_year = 2021"
        )
        assert amount == Decimal("-45258088.61")
        assert note.startswith("negative: an obligation counts in the fiscal year of its action")
        assert "November 2021" in note

    def test_the_newest_of_six_sightings_serves_and_the_others_are_seen(self, ask: Ask):
        seen = ask(
            "select seen_on::varchar, shown_obligated_amount, is_newest from core.fct_listing_year_seen"
            " where assistance_listing = '16.710' and fiscal_year = 2023 order by 1"
        )
        assert [day for day, _, _ in seen] == [
            "2023-10-02", "2023-11-07", "2024-02-02", "2025-01-10", "2025-02-26", "2025-12-05",
        ]  # fmt: skip
        assert [amount for _, amount, _ in seen][:3] == [
            Decimal("311776180.51"), Decimal("311776180.51"), Decimal("513701374.09"),
        ]  # fmt: skip
        assert [newest for _, _, newest in seen] == [False] * 5 + [True]
        served = (
            "select obligated_amount, seen_on::varchar from core.fct_listing_year"
            " where assistance_listing = '16.710' and fiscal_year = 2023"
        )
        assert ask(served) == [(Decimal("513701374.09"), "2025-12-05")]

    def test_what_the_inventory_does_not_cover_is_no_zero(self, ask: Ask):
        assert ask(
            "select count(obligated_amount), count(figure_note) > 0"
            " from core.fct_listing_year where assistance_listing = '16.607'"
        ) == [(0, True)]
        covered = ask(
            "select fiscal_year"
            " from core.fct_listing_year"
            " where assistance_listing = '16.606' and obligated_amount is not null order by 1"
        )
        assert covered[0][0] == 2022

    def test_a_zero_says_that_it_is_what_was_shown(self, ask: Ask):
        zero = "from core.fct_listing_year where obligated_amount = 0"
        assert ask(f"select count(*) {zero} and figure_note is null") == [(0,)]
        ((note,),) = ask(f"select figure_note {zero} and assistance_listing = '16.606' and fiscal_year = 2024")
        assert note == "0 is what the inventory showed on the day that it was seen, while SAM.gov has an actual amount"

    def test_a_listing_that_the_split_of_2025_made_has_no_zeros_before_it(self, ask: Ask):
        """facts/money/PROVENANCE.md: the inventory shows 0 of what it does not cover; 16.710 was split in FY2025."""
        assert ask(
            "select fiscal_year, count(*), count(obligated_amount), count(figure_note) from core.fct_listing_year"
            " where assistance_listing between '16.068' and '16.073' group by 1 order by 1"
        ) == [(2023, 6, 0, 6), (2024, 6, 0, 6), (2025, 6, 6, 6)]

    def test_a_listing_that_is_0_in_every_year_and_on_every_day_is_not_covered(self, ask: Ask):
        assert ask(
            "select assistance_listing from core.fct_listing_year_seen where assistance_listing not in"
            " (select assistance_listing from reference.assistance_listings where era = 'since FY2025')"
            " group by 1 having max(abs(shown_obligated_amount)) = 0 and count(distinct seen_on) > 1 order by 1"
        ) == [("16.607",), ("16.922",)]
        for listing in ("16.607", "16.922"):
            assert ask(
                "select count(obligated_amount), count(*) = count(figure_note) from core.fct_listing_year"
                f" where assistance_listing = '{listing}'"
            ) == [(0, True)]

    def test_a_hiring_award_is_of_the_listing_of_its_year(self, ask: Ask):
        """Dallas's council file of 2025-12-08 prints the listing of its award of FY2025: 16.068."""
        assert ask(
            "select agency_name, assistance_listing from core.fct_award_statement"
            " where fiscal_year >= 2025 and program_area = 'hiring' order by 1"
        ) == [("Dallas Police Department", "16.068"), ("Spokane Police Department", "16.068")]
        assert ask(
            "select distinct assistance_listing from core.fct_award_statement"
            " where fiscal_year < 2025 and program_area = 'hiring'"
        ) == [("16.710",)]

    def test_millions_with_two_places_are_rounded_unless_they_are_positions(self, ask: Ask):
        found = dict(
            ask(
                "select as_printed, is_rounded from core.fct_award_statement"
                " where as_printed like '$3.13 million%' or as_printed like '$6.25 million%'"
                " or as_printed like '%$3.125 million%will%'"
            )
        )
        assert len(found) == 3
        assert {text[:14]: rounded for text, rounded in found.items() if rounded} == {"$3.13 million": True}

    def test_no_outlay_is_said_to_be_of_a_later_day_than_its_download(self, ask: Ask):
        """The printed statements of the same download bear its day: 2024-05-28."""
        assert ask(
            "select distinct cast(outlay_as_of as varchar) from core.fct_award where outlay_as_of is not null"
        ) == [("2024-05-28",)]

    def test_the_years_of_a_share_are_those_that_are_compared(self, ask: Ask):
        """The total of FY2021 is negative, so that a share of FY2019 to FY2023 is of four years."""
        ((note,),) = ask("select share_note from analysis.mart_award_share where share_scope = 'all captured awards'")
        assert note.startswith(
            "of what the nation obligated under the same listings in FY2019, FY2020, FY2022, FY2023, as seen by"
        )

    def test_a_name_of_no_unit_is_not_said_to_be_unlisted(self, ask: Ask):
        """City Of Breckenridge is of one of eight units: whether it is listed, nobody can say."""
        assert ask(
            "select distinct tracker_verdict, state_verdict from analysis.mart_grants_at_risk"
            " where jurisdiction_name = 'City Of Breckenridge'"
        ) == [("unknown", "unknown")]
        assert ask(
            "select count(*) from analysis.mart_grants_at_risk join core.dim_jurisdiction using (jurisdiction_key)"
            " where is_resolved and (tracker_verdict = 'unknown' or state_verdict = 'unknown')"
        ) == [(0,)]

    def test_every_sum_of_awards_has_its_share(self, ask: Ask):
        ((awards, amount, nation, percent),) = ask(
            "select awards, obligated_amount, nation_obligated_amount, share_of_nation_percent"
            " from analysis.mart_award_share where share_scope = 'all captured awards'"
        )
        assert (awards, amount) == (83, Decimal("114985583.00"))
        # the years of 16.710 that the awards are of: 107.8 + 516.5 + 447.7 + 513.7 million; the 45.3 million that were
        # taken back in FY2021 are of earlier awards, and the awards of that year are not compared
        assert nation == Decimal("1585782177.23")
        of_2021 = ask("select sum(obligated_amount) from core.fct_award where fiscal_year = 2021")[0][0]
        assert percent == pytest.approx(100 * (111_860_583 - float(of_2021)) / 1_585_782_177.23, abs=0.001)
        assert percent == pytest.approx(6.05, abs=0.01)
        assert ask("select count(*) from analysis.mart_grants_at_risk where share_note is null") == [(0,)]
        units = "select sum(obligated_amount) from analysis.mart_award_share where share_scope = 'jurisdiction'"
        assert ask(units) == [(amount,)]

    def test_net_authority_is_below_the_appropriation(self, ask: Ask):
        net = ask(
            "select budget_amount, budget_status from core.fct_budget_account_year where account_code = '0406'"
            " and fiscal_year = 2016 and measure = 'budget_authority' and is_newest"
        )
        assert net == [(Decimal("191000000.00"), "actual")]
        appropriated = ask(
            "select figure from core.fct_published_statistic where published_table = 'appropriations'"
            " and program = 'COPS account appropriation' and period_as_printed = 'FY2016'"
        )
        assert appropriated == [(212_000_000.0,)]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("claim", "verdict", "value", "publisher"),
        [
            ("chicago_chp_fy2016", "supported", 3_125_000.0, "City of Chicago, Mayor's Press Office"),
            ("fy2012_budget_scrap", "supported", 0.0, "US Conference of Mayors"),
            ("cops_total_fy2016", "bracketed", 212_000_000.0, "US Conference of Mayors"),
        ],
    )
    def test_a_print_of_another_than_the_article_decides(self, ask: Ask, claim, verdict, value, publisher):
        ((said, printed, by, trace),) = ask(
            f"select verdict, printed_value, printed_by, evidence_trace"
            f" from analysis.mart_claim_check where claim_id = '{claim}'"
        )
        assert (said, printed) == (verdict, value)
        assert publisher in by
        assert "VICE" not in by
        assert trace.startswith("clawback trace core.")

    def test_parts_and_whole_of_fy2016_are_what_was_printed(self, ask: Ask):
        # 119 + 5.7 + 6.1 million announced in three of the five areas; 212 appropriated; 191 net
        ((why,),) = ask("select why from analysis.mart_claim_check where claim_id = 'cops_total_fy2016'")
        assert "130800000" in why
        assert "212000000" in why
        beside = (
            "select evidence_figure"
            " from analysis.mart_claim_evidence"
            " where claim_id = 'cops_total_fy2016' and evidence_role = 'beside'"
        )
        assert ask(beside) == [(191_000_000.0,)]

    @pytest.mark.parametrize(
        ("claim", "figure"), [("cops_total_fy2016", 191_000_000), ("fy2012_budget_scrap", 162_000_000)]
    )
    def test_the_account_that_stands_beside_shows_its_number_and_its_trace(self, ask: Ask, claim, figure):
        """facts/money/omb_cops_account.csv: budget authority of account 0406."""
        ((evidence, trace),) = ask(
            f"select evidence, evidence_trace from analysis.mart_claim_check where claim_id = '{claim}'"
        )
        assert f"{figure} USD, actual, net of what was rescinded and moved" in evidence
        ((row,),) = ask(
            f"select evidence_id from analysis.mart_claim_evidence where claim_id = '{claim}'"
            " and evidence_table = 'core.fct_budget_account_year'"
        )
        assert f"clawback trace core.fct_budget_account_year {row}" in trace

    def test_a_print_without_an_amount_is_not_said_to_be_above_the_claim(self, ask: Ask):
        """The Whittier Daily News prints that Los Angeles had the award of 2016, without its amount and officers."""
        ((role, says),) = ask(
            "select evidence_role, rule_says from analysis.mart_claim_evidence"
            " where claim_id = 'lapd_chp_fy2016' and evidence_figure is null"
        )
        assert role == "beside"
        assert "above" not in says

    def test_each_print_shows_the_day_that_it_has_or_why_not(self, ask: Ask):
        days = dict(
            ask(
                "select publisher, printed_on from analysis.mart_claim_evidence where claim_id = 'fy2012_budget_scrap'"
                " and evidence_role = 'supports'"
            )
        )
        assert days == {
            "House Appropriations Committee, ranking member Dicks (thefederalnewswire.com)": "2011-07-06",
            "US Conference of Mayors": "2011-11-21",
        }
        ((evidence,),) = ask("select evidence from analysis.mart_claim_check where claim_id = 'fy2012_budget_scrap'")
        assert "US Conference of Mayors (2011-11-21): the House appropriations bill" in evidence
        assert ask(
            "select distinct document_date from core.fct_published_statistic where source_citation like '%kpcc.org%'"
            " or source_citation like 'https://www.latimes.com%-20170321-story.html'"
            " or source_citation = 'cis.org 2023-07-13'"
            " or source_citation like '%2017-04/05: https%' or source_citation like 'canyon-news.com on %' order by 1"
        ) == [("2017",), ("2017-03-21",), ("2018-04-24",), ("2023-07-13",), (None,)]
        assert ask(
            "select count(*) from core.fct_published_statistic"
            " where (document_date is null) = (document_date_missing is null)"
        ) == [(0,)]

    @pytest.mark.parametrize("claim", ["lapd_chp_fy2016", "hopkins_operation_recess"])
    def test_what_only_stands_beside_a_claim_decides_nothing(self, ask: Ask, claim):
        ((verdict, value),) = ask(
            f"select verdict, printed_value from analysis.mart_claim_check where claim_id = '{claim}'"
        )
        assert (verdict, value) == ("published figures only", None)
        assert {
            role
            for (role,) in ask(f"select evidence_role from analysis.mart_claim_evidence where claim_id = '{claim}'")
        } == {"beside"}

    def test_a_later_award_is_no_tip_line(self, ask: Ask):
        assert ask("select verdict from analysis.mart_claim_check where claim_id = 'mcfarland_tip_line'") == [
            ("not decided",)
        ]
        found = (
            "select evidence_role, evidence_figure, officers_stated"
            " from analysis.mart_claim_evidence where claim_id = 'mcfarland_tip_line'"
        )
        assert ask(found) == [("not it", 2_566_787.0, 7)]

    def test_the_article_is_never_evidence(self, ask: Ask):
        assert ask(
            "select count(*) from analysis.mart_claim_evidence as evidence join core.fct_award_statement as statements"
            " on evidence.evidence_id = statements.statement_key where statements.is_the_article"
        ) == [(0,)]
