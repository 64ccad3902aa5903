"""Cases, grades and the choice of botnets in the report: recomputed from the annex, and small figures kept back."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any

import numpy as np
import pytest
from tests.unit.web.evaluation.judged import cases, grades, priority, refused_cases
from tests.unit.web.evaluation.samples import inputs

from quetsach.assess import DEFINITIONS
from quetsach.assess.estimate import EXPLANATIONS, Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades import ProviderGrades, grade_providers, shrunk_rates
from quetsach.assess.priority import Criteria, Criterion, Observation, choose
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.campaign.schedule.outcome import DecisionFact, Outcome
from quetsach.centre.evaluation.inputs import Change, Dimension, ProvinceRate
from quetsach.core.text import LocalText
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import Against, Curve, Dots, Evaluation, Map, Spans, Steps
from quetsach.web.evaluation.page import render_page
from quetsach.web.evaluation.writing import annex_files

NOTHING = LocalText("", "")


@pytest.fixture(scope="module")
def report() -> Evaluation:
    families = tuple(
        Change(id_, LocalText(id_, id_), 100.0, 50.0) for id_ in ("andromeda", "conficker", "mirai", "necurs")
    )
    made = inputs()
    return compose(
        replace(
            made,
            cases=cases(),
            grades=grades(),
            priority=priority(),
            changes={**made.changes, Dimension.FAMILY: families},
        )
    )


@pytest.fixture(scope="module")
def page(report: Evaluation) -> str:
    return render_page(report, "vi")


def rows(report: Evaluation, table: str) -> list[dict[str, str]]:
    content = dict(annex_files(report))[f"data/{table}.csv"].decode()
    return list(csv.DictReader(io.StringIO(content)))


def facts(report: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dict(annex_files(report))["data/evaluation.json"])["facts"]
    return found


def blocks(report: Evaluation, section: str) -> list[object]:
    return list(next(s for s in report.sections if s.id == section).blocks)


def not_computed(report: Evaluation) -> dict[str, str]:
    """What is in the table of what could not be computed, each thing with its reason."""
    return {what: r["why_en"] for r in rows(report, "not-computed") for what in r["what_en"].split("; ")}


@pytest.mark.parametrize("by", ["family", "isp"])
def test_time_to_clean_is_read_off_the_curve_of_the_annex(report: Evaluation, by: str) -> None:
    curve = {(r["id"], int(r["day"])): float(r["share"]) for r in rows(report, f"survival-{by}")}
    told = [r for r in rows(report, f"time-to-clean-{by}") if r["median_days"]]
    assert {r["id"] for r in told} == {id_ for id_, _ in curve}
    for r in told:
        median = float(r["median_days"])
        assert curve[r["id"], ceil(median) - 1] > 50 >= curve[r["id"], ceil(median)]
        assert [curve[r["id"], day] for day in (14, 30)] == [float(r["infected_14"]), float(r["infected_30"])]


def test_a_group_of_few_cases_has_a_reason_and_no_figure(report: Evaluation) -> None:
    necurs = next(r for r in rows(report, "time-to-clean-family") if r["id"] == "necurs")
    assert necurs["why_not_en"]
    assert (necurs["events"], necurs["median_days"]) == ("", "")


@pytest.mark.parametrize(("small", "is_counted"), [(6, False), (30, True)])
def test_the_total_does_not_give_a_small_group_back(small: int, is_counted: bool) -> None:
    told = {r["id"]: r for r in rows(compose(replace(inputs(), cases=cases(small))), "time-to-clean-family")}
    assert int(told[""]["events"]) > 200
    assert told["necurs"]["events"] == ""
    assert (told["conficker"]["events"] != "", told["conficker"]["median_days"] != "") == (is_counted, True)


def test_where_installations_have_no_names_the_reason_is_said_once() -> None:
    assert "identifier" in not_computed(compose(replace(inputs(), cases=refused_cases())))["Time to clean"]


def test_grades_are_the_same_when_they_are_made_from_the_annex(report: Evaluation) -> None:
    told = rows(report, "grades")
    windows: dict[str, dict[str, dict[str, Answer]]] = {"Last window": {}, "Baseline": {}}
    for r in rows(report, "grades-weeks"):
        machines = float(r["machines"])
        windows[r["window_en"]].setdefault(r["first"], {})[r["id"]] = Estimate(machines, machines, machines)
    subscribers = {r["id"]: float(r["subscribers"]) for r in told}
    now, before = (list(weeks.values()) for weeks in windows.values())
    again = grade_providers(subscribers, now, before, rng=np.random.default_rng(facts(report)["grades"]["seed"]))
    assert isinstance(again, ProviderGrades)
    for r, provider in zip(told, again.providers, strict=True):
        assert (r["id"], r["grade_en"]) == (provider.isp, provider.graded.grade.text.en)
        assert float(r["rate"]) == pytest.approx(provider.graded.shrunk.value)
        assert (int(r["rank_low"]), int(r["rank_high"])) == provider.graded.rank
    changes = {r["id"]: float(r["change"]) for r in rows(report, "grades-own-change")}
    assert changes == pytest.approx({p.isp: 100 * p.change.change.value for p in again.providers if p.change})


def test_of_small_providers_only_the_grade_is_told() -> None:
    made = compose(replace(inputs(), grades=grades(900.0, 700.0, 500.0, 400.0, 8.0, 6.0)))
    told = {r["id"]: r for r in rows(made, "grades")}
    assert told["cmc"]["grade_en"]
    assert {told[isp][figure] for isp in ("cmc", "mobifone") for figure in ("machines", "rate", "rank_low")} == {""}
    assert {"cmc", "mobifone"}.isdisjoint(r["id"] for r in rows(made, "grades-weeks"))


def test_who_is_not_graded_is_named_with_the_reason(report: Evaluation) -> None:
    told = not_computed(report)
    assert told["Grades of providers: Netnam"] == EXPLANATIONS[NotEstimableReason.DENSE_POOL].en
    assert "subscribers" in told["Grades of providers: Spt"]


def test_the_choice_of_botnets_is_the_same_when_it_is_made_from_the_annex(report: Evaluation) -> None:
    set_ = facts(report)["priority"]
    listed = rows(report, "priority-criteria")
    criteria = Criteria(
        set_["version"], set_["seats"], set_["concentration"], set_["certain"],
        tuple(
            Criterion(
                r["id"], NOTHING, NOTHING, *(float(r[n]) for n in ("weight", "low", "high")), r["is_log_en"] == "yes"
            )
            for r in listed
        ),
        {}, {},
    )  # fmt: skip
    used = {r["id"] for r in listed if r["is_used_en"] == "yes"}
    observations = [
        Observation(r["id"], {name: float(r[name]) for name in used if r[name]})
        for r in rows(report, "priority-measured")
    ]
    again = choose(observations, criteria, rng=np.random.default_rng(set_["seed"]))
    for r, candidate in zip(rows(report, "priority"), again.candidates, strict=True):
        assert (r["id"], r["standing_en"]) == (candidate.family, candidate.standing.text.en)
        assert float(r["score"]) == pytest.approx(candidate.score)
        assert float(r["acceptability"]) == pytest.approx(100 * candidate.acceptability)


def test_a_family_of_few_addresses_is_named_without_figures() -> None:
    made = compose(replace(inputs(), priority=priority(("conficker", "virut", "andromeda"))))
    told = {r["id"]: r for r in rows(made, "priority")}
    assert list(told) == ["conficker", "andromeda", "virut"]
    assert told["virut"]["standing_en"]
    assert (told["virut"]["score"], told["conficker"]["score"] != "") == ("", True)
    assert [r["id"] for r in rows(made, "priority-measured")] == ["conficker"]


def test_codes_are_for_machines_and_not_on_the_page(report: Evaluation, page: str) -> None:
    assert "01@2008-08-01" not in page
    assert "01@2008-08-01" in {r["id"] for r in rows(report, "provinces")}


def test_the_definition_of_a_column_is_one_of_the_method_note(report: Evaluation) -> None:
    named = {column.definition for table in report.tables() for column in table.columns if column.definition}
    assert {"median-time-to-clean", "provider-grade", "priority-score"} <= named <= set(DEFINITIONS)


def test_every_plot_has_a_name_of_its_own_and_a_table(report: Evaluation, page: str) -> None:
    drawn = [
        b for s in report.sections for b in s.blocks if isinstance(b, Spans | Against | Curve | Dots | Steps | Map)
    ]
    assert len(drawn) > 8
    for plot in drawn:
        assert report.table(plot.table).rows
    names = [part.split('"')[0] for part in page.split('id="chart-title-')[1:]]
    assert len(names) == len(set(names)) == len(drawn)


def test_the_map_names_both_archipelagos_and_says_in_words_what_shades_mean(page: str) -> None:
    for words in (
        "Hoàng Sa",
        "Trường Sa",
        *("(Đà", "Nẵng)"),
        *("(Khánh", "Hòa)"),
        "giảm nhiều hơn",
        "giảm ít hơn",
        "chưa thấy khác",
        "−56%",
    ):
        assert words in page


def test_rates_by_province_have_a_map_and_are_recomputed_from_the_annex() -> None:
    codes = ("01", "31", "38", "40", "48", "79")
    machines = {code: 100.0 * n for n, code in enumerate(codes, 1)}
    rates = shrunk_rates(machines, dict.fromkeys(codes, 500_000.0))
    assert not isinstance(rates, NotEstimable)
    rated = tuple(
        ProvinceRate(f"{c}@2008-08-01", LocalText(c, c), 500_000.0, Estimate(machines[c], 0.0, 0.0), rates[c])
        for c in codes
    )
    refused = NotEstimable(NotEstimableReason.DENSE_POOL)
    dense = ProvinceRate("96@2008-08-01", LocalText("96", "96"), 9_000.0, refused, None)
    made = compose(replace(inputs(), province_rates=(*rated, dense)))
    assert [b.value for b in blocks(made, "breakdown") if isinstance(b, Map)] == ["change", "rate"]
    *told, last = rows(made, "province-rates")
    again = shrunk_rates(
        {r["id"]: float(r["machines"]) for r in told}, {r["id"]: float(r["subscribers"]) for r in told}
    )
    assert not isinstance(again, NotEstimable)
    assert {r["id"]: float(r["rate"]) for r in told} == pytest.approx({id_: a.value for id_, a in again.items()})
    assert (last["rate"], last["why_not_en"]) == ("", refused.text.en)


def test_providers_that_cannot_be_counted_are_told_where_nobody_can_be_graded() -> None:
    found = grades()
    counted = [{isp: NotEstimable(NotEstimableReason.RARE_CHECK_INS) for isp in week} for week in found.weeks]
    refused = replace(found, weeks=counted, before=counted, grades=NotEstimable(NotEstimableReason.FEW_TO_RANK))
    told = not_computed(compose(replace(inputs(), grades=refused)))
    assert told["Grades of providers"] == EXPLANATIONS[NotEstimableReason.FEW_TO_RANK].en
    [counted] = [why for what, why in told.items() if what.startswith("Infections week by week: Vnpt")]
    assert counted == EXPLANATIONS[NotEstimableReason.RARE_CHECK_INS].en


def test_a_sector_that_no_feed_tells_is_said_and_one_that_is_told_has_a_table(report: Evaluation) -> None:
    assert "By sector" in not_computed(report)
    sectors = (Change("government", LocalText("Cơ quan nhà nước", "Government"), 50.0, 20.0),)
    made = inputs()
    told = compose(replace(made, changes={**made.changes, Dimension.SECTOR: sectors}))
    assert "By sector" not in not_computed(told)
    assert [r["change"] for r in rows(told, "sectors")] == ["-60.0"]


def test_what_the_office_decided_stands_beside_what_the_criteria_choose() -> None:
    first, second = (
        DecisionFact(number, DecisionKind.BOTNETS, "Mười mạng", "", date(2020, 9, 10), subjects, supersedes, "")
        for number, subjects, supersedes in ((1, ("necurs",), None), (2, ("mirai", "virut"), 1))
    )
    outcome = Outcome(
        "x", NOTHING, NOTHING, date(2020, 12, 1), False, "", (), (), None, (), None, None, (first, second), ()
    )  # fmt: skip
    made = compose(replace(inputs(), priority=priority(), outcome=outcome))
    assert {r["id"] for r in rows(made, "priority") if r["is_decided_en"] == "yes"} == {"mirai"}
