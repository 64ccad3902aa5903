"""The report of a campaign: what it says, and that page, paper and data say the same."""

import csv
import io
import json
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.evaluation.samples import REFUSED, effect_of, inputs

from quetsach.assess import Basis, Figure, Ranking, Row, TargetReport, WindowCount
from quetsach.assess.definitions import MEAN_DAILY
from quetsach.assess.estimate import EXPLANATIONS, SMALLEST_CELL, Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.assess.events import Calendar, Holiday
from quetsach.assess.hosts.calibration import Calibration
from quetsach.assess.hosts.comparison import Comparison, Covered, Gone
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.privacy import folded_rows
from quetsach.assess.targets import change_against
from quetsach.campaign import read_campaign
from quetsach.campaign.schedule.outcome import LetterFact, Outcome, ReturnFacts, Total
from quetsach.centre.evaluation.dividing import changes
from quetsach.centre.evaluation.evaluate import own_letters
from quetsach.centre.evaluation.inputs import Dimension, MachineChange
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.installation import bundled
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import (
    Column,
    Curve,
    Evaluation,
    Form,
    Paragraph,
    Points,
    Spans,
    Statement,
    Table,
    Tone,
)
from quetsach.web.evaluation.page import render_page, typeset
from quetsach.web.evaluation.plots import draw
from quetsach.web.evaluation.writing import annex_files, evaluation_write

LANGUAGES = ("vi", "en")
NOTHING_DONE = Outcome(
    campaign="viet-nam-2020",
    name=LocalText("x", "x"),
    summary=LocalText("x", "x"),
    as_of=date(2021, 2, 28),
    is_final=False,
    plan_sha256="",
    targets=(),
    phases=(),
    addresses=None,
    letters=(),
    returns=None,
    tool=None,
    decisions=(),
    open_points=(),
)


@pytest.fixture(scope="module")
def report() -> Evaluation:
    return compose(inputs())


def statements(evaluation: Evaluation, section: str) -> list[Statement]:
    found = next(s for s in evaluation.sections if s.id == section)
    return [block for block in found.blocks if isinstance(block, Statement)]


def points(evaluation: Evaluation, number: int, language: str = "vi") -> list[str]:
    """The sentences of what was done (0), is known (1) or is recommended (2) on page one."""
    block = evaluation.sections[0].blocks[number]
    assert isinstance(block, Points)
    return [text.in_language(language) for text in block.texts]


def gaps(evaluation: Evaluation, language: str = "en") -> dict[str, str]:
    """What could not be computed, with the reason."""
    rows = evaluation.table("not-computed").rows
    return {str(Column("x", row[0]).text(row[0], language)): Column("x", row[0]).text(row[1], language) for row in rows}


@pytest.mark.parametrize(
    ("language", "done", "then"),
    [
        ("vi", "đã quét 1.000 máy, phát hiện mã độc trên 120 máy; 90 máy báo đã làm sạch.", "Giúp làm sạch 30 máy"),
        ("en", "scanned 1,000, malware found on 120, reported as cleaned 90.", "did not report as cleaned: 30."),
    ],
)
def test_page_one_begins_with_what_was_done_and_what_is_recommended(
    report: Evaluation, language: str, done: str, then: str
) -> None:
    assert any(done in text for text in points(report, 0, language))
    assert any(then in text for text in points(report, 2, language))


def test_what_page_one_says_is_in_the_annex(report: Evaluation) -> None:
    told = json.loads(dict(annex_files(report))["data/evaluation.json"])["points"]
    assert [[text["vi"] for text in one["texts"]] for one in told] == [points(report, number) for number in range(3)]
    assert [one["title"]["en"] for one in told] == ["Done", "Known", "Recommended"]


def test_page_one_counts_letters_and_returns_and_names_what_lacks() -> None:
    totals = (
        Total("machines-scanned", LocalText("Số máy đã được quét", "Machines scanned"), 5871),
        Total("machines-infected", LocalText("Số máy phát hiện có mã độc", "Machines found infected"), 768),
        Total("machines-unresolved", LocalText("Số máy chưa xử lý xong", "Machines unresolved"), 54),
        Total("staff", LocalText("Số người", "Staff"), 6900),
    )
    outcome = replace(
        NOTHING_DONE,
        letters=(
            LetterFact("826/CATTT-NCSC", date(2020, 9, 1), "Cục", "x", 63, 60),
            LetterFact("2049", date(2020, 9, 9), "Sở", "x", 47, 28),
        ),
        returns=ReturnFacts(totals, 183, 182, 170, LocalText("x", "x")),
    )
    made = compose(replace(inputs(effect=effect_of(0.6)), outcome=outcome, tool=None))
    assert points(made, 0) == [
        "Ban hành 2 công văn: 110 lượt gửi đến các đơn vị, 88 lượt đã xác nhận.",
        "Có số liệu đã phê duyệt của 182/183 đơn vị phải báo cáo.",
        "Theo các báo cáo đó: số máy đã được quét: 5.871; số máy phát hiện có mã độc: 768.",
    ]
    assert points(made, 2) == [
        "Đôn đốc 22 lượt gửi công văn chưa được xác nhận.",
        "Thu hoặc phê duyệt số liệu còn thiếu của 1 đơn vị.",
        "Xử lý dứt điểm 54 máy mà các đơn vị báo là chưa xử lý xong.",
    ]


def counted(*, notices: tuple[Notice, ...] = ()) -> TargetReport:
    """Half as many addresses in the close of 2020 as in its baseline, by the centre's own count."""
    window, last = Period(date(2020, 6, 16), date(2020, 7, 15)), Period(date(2020, 11, 1), date(2020, 11, 30))
    base = WindowCount(
        "baseline", LocalText("Mốc", "Baseline"), 900, Basis(window, ("a/b",), 30, window.last), 2_014_512
    )
    now = WindowCount("close", LocalText("Cuối", "Close"), 450, Basis(last, ("a/b",), 30, last.last), 1_052_479)
    name = LocalText("Chiến dịch", "Campaign")
    return TargetReport("x", name, base, "f" * 64, None, (), (change_against(now, base),), notices)


def test_page_one_says_which_figures_are_real_and_which_are_for_show() -> None:
    made = compose(replace(inputs(), targets=counted()))
    real, shown, *_ = points(made, 1)
    assert real.startswith("Số thật đã công bố: 2.014.512 địa chỉ trong kỳ làm mốc, 917.492 trong kỳ")
    assert shown.startswith("Số minh họa của trung tâm này (không phải số thật): 900 địa chỉ trong kỳ làm mốc, 450")
    titles = [column.title.vi for column in made.table("windows").columns]
    assert "Địa chỉ minh họa (tự đếm)" in titles
    assert "Số thật đã công bố" in titles
    for table in ("four-baselines", "daily", "families", "provinces"):
        assert made.table(table).title.vi.endswith("(số minh họa)"), table
    own = compose(replace(inputs(), targets=counted(), not_real=None))
    assert not any("minh họa" in table.title.vi for table in own.tables())
    published = compose(inputs()).table("four-baselines")  # of figures that were published
    assert "minh họa" not in published.title.vi
    assert points(own, 1)[1].startswith("Số trung tâm tự đếm: 900")
    assert not any("minh họa" in column.title.vi for column in own.table("windows").columns)


def test_the_published_change_stands_beside_the_counted_one() -> None:
    (row,) = [r for r in compose(replace(inputs(), targets=counted())).table("windows").rows if r[5] is not None]
    assert (row[5], round(float(str(row[7])), 1)) == (-50.0, -47.8)


def test_a_holiday_in_the_last_window_is_said_on_page_one() -> None:
    window = Period(date(2020, 11, 1), date(2020, 11, 30))
    calendar = Calendar((), (Holiday(Period(date(2020, 11, 9), date(2020, 11, 15)), LocalText("Tết", "Tết")),))
    notices = calendar.notices(Period(date(2020, 6, 16), date(2020, 7, 15)), window)
    told = points(compose(replace(inputs(), targets=counted(notices=notices))), 1)
    assert any("có 7 ngày nghỉ" in text for text in told)


def test_what_changed_is_never_called_the_result_of_the_campaign() -> None:
    told = points(compose(replace(inputs(), targets=counted())), 1)
    assert any("chưa phải là kết quả của chiến dịch" in text for text in told)


def test_letters_of_another_time_are_told_and_not_counted() -> None:
    letters = tuple(LetterFact(str(day), day, "Cục", "x", 10, 5) for day in (date(2020, 9, 22), date(2026, 11, 28)))
    path = bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml"
    within, outside = own_letters(replace(NOTHING_DONE, letters=letters), read_campaign(path.read_bytes(), file="x"))
    assert ([letter.issued_on.year for letter in within.letters], outside) == ([2020], 1)
    made = compose(replace(inputs(), outcome=within, letters_outside=outside))
    assert "110 lượt" not in points(made, 0)[0]
    [section] = [s for s in made.sections if s.id == "letters"]
    said = [b.text.vi for b in section.blocks if isinstance(b, Paragraph)]
    assert "Không tính 1 công văn ban hành ngoài thời gian của chiến dịch (kết thúc ngày 28/02/2021)." in said


@pytest.mark.parametrize("note", [None, LocalText("Cây của ngày khác", "A tree of another day")])
def test_letters_and_returns_say_of_which_day_their_tree_is(note: LocalText | None) -> None:
    outcome = replace(
        NOTHING_DONE,
        letters=(LetterFact("826/CATTT-NCSC", date(2020, 9, 1), "Cục", "x", 63, 60),),
        returns=ReturnFacts((), 183, 182, 170, LocalText("x", "x")),
    )
    made = compose(replace(inputs(effect=effect_of(0.6)), outcome=outcome, tree_note=note))
    for chapter in ("letters", "returns"):
        [section] = [section for section in made.sections if section.id == chapter]
        said = [block.text for block in section.blocks if isinstance(block, Paragraph)]
        assert said == ([note] if note else [])


def test_a_centre_that_holds_nothing_says_that_it_holds_nothing() -> None:
    assert "chưa ghi nhận" in points(compose(replace(inputs(), tool=None)), 0)[0]


def test_before_and_after_alone_give_no_verdict(report: Evaluation) -> None:
    assert {s.tone for s in statements(report, "verdicts")} == {Tone.NOT_DECIDED}


@pytest.mark.parametrize(("reduction", "tone"), [(0.6, Tone.ACHIEVED), (0.3, Tone.NOT_ACHIEVED)])
def test_a_target_is_judged_by_the_registered_effect_against_controls(reduction: float, tone: Tone) -> None:
    made = compose(inputs(effect=effect_of(reduction)))
    assert [s.tone for s in statements(made, "verdicts")] == [Tone.NOT_DECIDED, tone]
    assert "Khả năng đã đạt chỉ tiêu" in statements(made, "verdicts")[1].text.vi


def test_an_analysis_that_was_not_registered_judges_nothing_on_any_page() -> None:
    made = compose(inputs(effect=effect_of(0.6, is_registered=False)))
    assert {s.tone for s in statements(made, "verdicts")} == {Tone.NOT_DECIDED}
    pages = [render_page(made, language) for language in LANGUAGES]
    for claim in (
        "Đạt chỉ tiêu:",
        "Achieved: the whole interval lies",
        "Khả năng đã đạt chỉ tiêu",
        "target was met is",
    ):
        assert not any(claim in page for page in pages), claim
    assert any(s.tone is Tone.CAUTION and "đăng ký" in s.text.vi for s in statements(made, "effect"))


def test_no_line_of_a_target_stands_on_figures_that_give_no_verdict() -> None:
    made = compose(replace(inputs(), targets=counted()))
    drawn = [b for s in made.sections for b in s.blocks if isinstance(b, Spans | Curve)]
    assert len(drawn) == 2
    for plot in drawn:
        bare = replace(plot, begins=()) if isinstance(plot, Curve) else plot
        assert 'stroke-dasharray="6,4"' not in draw(bare, made, "vi")


def test_windows_are_drawn_where_they_lie_in_time() -> None:
    """November lies four and a half windows after June: what was not counted is empty."""
    made = compose(replace(inputs(), targets=counted()))
    (plot,) = [b for s in made.sections for b in s.blocks if isinstance(b, Spans)]
    drawn = re.findall(r'd="M([0-9.]+),[0-9.]+h([0-9.]+)v', draw(plot, made, "vi"))
    (first, width), (second, _) = sorted((float(x), float(w)) for x, w in drawn if 20 < float(w) < 400)
    assert (second - first) / width == pytest.approx(138 / 30, abs=0.01)


def test_a_refused_analysis_says_why_and_gives_no_number() -> None:
    made = compose(inputs(effect=REFUSED))
    assert gaps(made)["Did the campaign do it"] == EXPLANATIONS[NotEstimableReason.TOO_FEW_CONTROLS].en
    assert "effect" not in {t.id for t in made.tables()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_could_not_be_computed_stands_in_one_table_with_its_reason(
    report: Evaluation, language: str
) -> None:
    """Not in chapters of their own that hold nothing else."""
    told = gaps(report, language)
    assert len(told) >= 5
    assert all(told.values())
    assert {s.id for s in report.sections}.isdisjoint({"cases", "grades", "priority", "letters", "returns", "effect"})
    assert all(section.blocks for section in report.sections)


@pytest.mark.parametrize("targets", [None, counted()])
def test_the_reason_is_the_one_that_stands_in_the_way(targets: TargetReport | None) -> None:
    """Grades lack windows where there are none, and subscribers only where there are windows."""
    told = next(why for what, why in gaps(compose(replace(inputs(), targets=targets))).items() if "Grades" in what)
    assert ("subscribers" in told) is (targets is not None)


def test_what_takes_no_number_has_no_reason_twice() -> None:
    refused = NotEstimable(NotEstimableReason.RARE_CHECK_INS)
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    other = NotEstimable(NotEstimableReason.FEW_SIGHTINGS)
    alone = MachineChange("mirai", LocalText("Mirai", "Mirai"), refused, other, None)
    made = inputs(machines=Comparison(window, window, (), refused, refused, refused, ()))
    told = gaps(compose(replace(made, machine_changes={Dimension.FAMILY: (alone,)})))
    assert told["Machines and infections"] == refused.text.en
    both = told["Machines on line by family"]
    assert both == f"{refused.text.en} {EXPLANATIONS[NotEstimableReason.FEW_SIGHTINGS].en}"


def test_what_everyone_reads_comes_before_what_statisticians_read(report: Evaluation) -> None:
    kinds = [section.is_technical for section in report.sections]
    assert kinds == sorted(kinds)
    names = [section.id for section in report.sections]
    assert names[0] == "verdicts"
    assert names.index("not-computed") == kinds.index(True) - 1


def test_a_changed_instrument_stands_beside_the_machines_and_a_refusal_in_place_of_their_number() -> None:
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    notice = Notice("measures-disagree", LocalText("Công cụ đo đã thay đổi.", "The instrument changed."), 12.0)
    refused, seen = (
        NotEstimable(NotEstimableReason.RARE_CHECK_INS),
        Estimate(40.0, 40.0, 40.0, {"before": 100.0, "after": 60.0}),
    )
    made = compose(inputs(machines=Comparison(window, window, (), refused, seen, seen, (notice,))))
    assert [row[3] for row in made.table("machines").rows] == [None, 40.0, 40.0]
    assert made.table("machines").rows[0][-1] == refused.text
    assert [s.text.en for s in statements(made, "machines")] == ["The instrument changed."]


@pytest.mark.parametrize(("families", "name"), [(1, "Machines on line"), (3, "Infections on line")])
def test_families_added_up_are_infections_and_one_alone_is_machines(families: int, name: str) -> None:
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    seen = Estimate(40.0, 38.0, 42.0, {"before": 100.0, "after": 60.0})
    made = compose(
        inputs(
            machines=Comparison(window, window, (), seen, seen, seen, (), covered=Covered(families, families, 100.0))
        )
    )
    first = made.table("machines").rows[0][0]
    assert isinstance(first, LocalText)
    assert first.en == name


@pytest.mark.parametrize(
    ("reduction", "vi", "en"),
    [
        (Estimate(40.0, 38.0, 42.0), "giảm 40,0% (từ 38,0% đến 42,0%).", "fell by 40.0 % (38.0 % to 42.0 %)."),
        (Estimate(-5.0, -9.0, -1.0), "tăng 5,0% (từ 1,0% đến 9,0%).", "rose by 5.0 % (1.0 % to 9.0 %)."),
    ],
)
def test_page_one_says_that_infections_rose_where_they_did(reduction: Estimate, vi: str, en: str) -> None:
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    seen = replace(reduction, measured={"before": 100.0, "after": 60.0})
    made = compose(inputs(machines=Comparison(window, window, (), seen, seen, seen, ())))
    assert f"Số ca nhiễm trực tuyến {vi}" in points(made, 1)
    assert f"Infections on line {en}" in points(made, 1, "en")


@pytest.mark.parametrize(
    ("calibrated", "said"),
    [((), "giả định dựa trên mô phỏng"), ((1,), "Với 1 trong 2 họ"), ((1, 2), "đã được hiệu chỉnh theo những máy")],
)
def test_what_intervals_of_machines_stand_on_is_said(calibrated: tuple[int, ...], said: str) -> None:
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    seen = Estimate(40.0, 38.0, 42.0, {"before": 100.0, "after": 60.0})
    panel = (Watch("own", "sinkhole", "1", 4), Watch("own", "sinkhole", "2", 4))
    by = Calibration((1, 2, 3, 4), 120.0, 0.8, 0.05)
    known = {watch: (by, by) for watch in panel if int(watch.family) in calibrated}
    made = compose(inputs(machines=Comparison(window, window, panel, seen, seen, seen, (), calibrations=known)))
    [section] = [s for s in made.sections if s.id == "machines"]
    told = [block.text.vi for block in section.blocks if isinstance(block, Paragraph)]
    assert any(said in text for text in told)
    assert any("giống hệt như khi máy được làm sạch" in text for text in told)


def test_a_feed_with_gaps_is_told(report: Evaluation) -> None:
    assert any("shadowserver/event4_sinkhole" in s.text.vi for s in statements(report, "feeds"))


def test_what_was_counted_is_written_whole_and_what_was_computed_with_decimals(report: Evaluation) -> None:
    column = report.table("tool").columns[1]
    assert [column.text(row[1], "vi") for row in report.table("tool").rows] == ["1.000", "120", "90", "90,0"]


def test_a_reduction_of_machines_has_its_interval_and_a_family_no_longer_seen_its_row() -> None:
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    was = Estimate(30.0, 29.0, 31.0)
    gone = tuple(
        Gone(Watch("own", "sinkhole", name, 4), was, addresses) for name, addresses in (("necurs", 40.0), ("rare", 2.0))
    )
    comparison = Comparison(
        window,
        window,
        (),
        Estimate(40.0, 38.0, 42.0, {"before": 100, "after": 60}),
        NotEstimable(NotEstimableReason.NO_DATA),
        Estimate(40.0, 40.0, 40.0, {"before": 10, "after": 6}),
        (),
        gone,
        Covered(2, 4, 76.9),
        Estimate(53.8, 52.0, 55.0),
    )
    named = {"necurs": LocalText("Necurs", "Necurs")}
    made = compose(replace(inputs(machines=comparison), gone_names=named))
    rows = made.table("machines").rows
    assert [row[3:6] for row in rows] == [(40.0, 38.0, 42.0), (None, None, None), (40.0, None, None)]
    assert [row[0].en for row in made.table("gone").rows if isinstance(row[0], LocalText)] == [
        "Necurs",
        "1 small family",
    ]
    [section] = [s for s in made.sections if s.id == "machines"]
    said = " ".join(block.text.vi for block in section.blocks if isinstance(block, Paragraph))
    assert "2 trong 4 họ mã độc của kỳ làm mốc, chiếm ít nhất 76% số ca nhiễm" in said
    assert "mức giảm chung là 53,8%" in said


def test_machines_cleaned_are_given_for_each_thousand_that_scanned(report: Evaluation) -> None:
    assert report.table("tool").rows[-1][1] == 90.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_holds_every_table_and_every_statement(report: Evaluation, language: str) -> None:
    page = render_page(report, language)
    for table in report.tables():
        assert f'id="table-{table.id}"' in page
    for section in report.sections:
        assert section.title.in_language(language) in page
        assert all(s.text.in_language(language) in page for s in statements(report, section.id))
    assert "<script" not in page


def test_what_somebody_wrote_stays_text(report: Evaluation) -> None:
    assert report.campaign  # the name is the only text of people that goes into a page as it is
    evil = Evaluation(
        "x", LocalText("<b>A&B</b>", "<b>A&B</b>"), report.summary, report.made_at, None, None, report.sections
    )
    assert "<b>A&B" not in render_page(evil, "vi")
    assert "&lt;b&gt;A&amp;B" in render_page(evil, "vi")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_says_what_the_page_says(report: Evaluation, language: str, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(typeset(report, language))
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    said = " ".join(text.split())
    for section in report.sections:
        assert section.title.in_language(language) in said
    assert b"pdfaid" in file.read_bytes()
    assert typeset(report, language) == file.read_bytes()


def test_the_annex_holds_every_table_three_times_with_the_same_values(report: Evaluation) -> None:
    files = dict(annex_files(report))
    document = json.loads(files["data/evaluation.json"])
    package = json.loads(files["data/datapackage.json"])
    assert [r["name"] for r in package["resources"]] == [t.id for t in report.tables()] == list(document["tables"])
    for table in report.tables():
        rows = list(csv.DictReader(io.StringIO(files[f"data/{table.id}.csv"].decode())))
        columns = pq.read_table(io.BytesIO(files[f"data/{table.id}.parquet"])).to_pylist()
        assert len(rows) == len(columns) == len(table.rows) == len(document["tables"][table.id]["rows"])
        for row, values in zip(rows, columns, strict=True):
            assert list(row) == list(values)
            assert [_same(row[name], values[name]) for name in row] == [True] * len(row)


def _same(text: str, value: object) -> bool:
    if value is None:
        return text == ""
    return float(text) == value if isinstance(value, float) else text == str(value)


def test_changes_can_be_recomputed_from_the_annex(report: Evaluation) -> None:
    files = dict(annex_files(report))
    for name in ("families", "providers", "provinces"):
        for row in csv.DictReader(io.StringIO(files[f"data/{name}.csv"].decode())):
            if row["after"]:
                assert float(row["change"]) == pytest.approx(100 * (float(row["after"]) / float(row["before"]) - 1))
            else:
                assert row["change"] == ""


def test_a_report_is_written_whole_with_its_checksums_and_can_be_written_again(
    report: Evaluation, tmp_path: Path
) -> None:
    for _ in range(2):
        files = evaluation_write(report, tmp_path / "report")
        done = subprocess.run(
            ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "report", capture_output=True, check=True
        )
        assert done.stdout.count(b": OK") == len(files) - 1
    assert not list((tmp_path / "report").rglob("*.new"))


def test_a_table_of_an_older_report_does_not_stay_beside_a_new_one(report: Evaluation, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    evaluation_write(compose(inputs(effect=effect_of(0.6))), folder)
    assert (folder / "data" / "effect.csv").exists()
    (folder / "notes.txt").write_text("of somebody")
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ../outside.txt\n")
    (tmp_path / "outside.txt").write_text("not of a report")
    evaluation_write(report, folder)
    assert not (folder / "data" / "effect.csv").exists()
    assert (folder / "notes.txt").exists()
    assert (tmp_path / "outside.txt").exists()


def test_a_row_of_another_length_is_refused() -> None:
    column = Column("a", LocalText("a", "a"), Form.NUMBER)
    with pytest.raises(ValueError, match="another number of cells"):
        Table("t", LocalText("t", "t"), (column,), ((1, 2),))


counts = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 60).map(lambda x: round(x, 1)), max_size=8)


def ranking(values: dict[str, float]) -> Ranking:
    basis = Basis(Period(date(2020, 6, 16), date(2020, 7, 15)), (), 30, None)
    rows = tuple(
        Row(n, key, LocalText(key, key), (Figure.of(value, MEAN_DAILY, basis),))
        for n, (key, value) in enumerate(values.items(), 1)
    )
    return Ranking("families", (MEAN_DAILY,), rows, Figure.of(sum(values.values()), MEAN_DAILY, basis), basis)


@given(counts, counts)
def test_no_small_row_is_shown_and_none_is_given_back_by_the_total(
    before: dict[str, float], after: dict[str, float]
) -> None:
    kept_back: set[str] = set()
    for values, day in ((before, 1), (after, 2)):
        chosen = folded_rows(values, window=Period(date(2020, 6, day), date(2020, 6, day)))
        assert not isinstance(chosen, NotEstimable)
        kept_back |= chosen.kept_back
    made = changes(ranking(before), ranking(after), kept_back=kept_back)
    shown = [c for c in made if c.id != "others"]
    assert all((c.before or 0) >= SMALLEST_CELL and (c.after or 0) >= SMALLEST_CELL for c in shown)
    hidden = {*before, *after} - {c.id for c in shown}
    assert len(hidden) != 1 or len({*before, *after}) == 1
    assert sum(c.before or 0 for c in made) == pytest.approx(sum(before.values()), abs=0.2)


def test_provinces_that_were_merged_between_the_windows_are_one() -> None:
    becomes = {"02@2008-08-01": "08@2025-07-01", "08@2008-08-01": "08@2025-07-01"}
    before = ranking({"02@2008-08-01": 30.0, "08@2008-08-01": 50.0, "01@2008-08-01": 90.0})
    after = ranking({"08@2025-07-01": 20.0, "01@2008-08-01": 45.0})
    made = changes(before, after, kept_back=(), becomes=lambda id_: becomes.get(id_, id_))
    assert [(c.id, c.before, c.after) for c in made] == [("01@2008-08-01", 90.0, 45.0), ("08@2025-07-01", 80.0, 20.0)]


def test_a_merged_province_is_not_told_where_one_of_its_parts_is_kept_back() -> None:
    """Its other part is printed elsewhere: subtracted from the whole it left the small one."""
    heirs = {"02": "08", "08": "08"}
    before = ranking({"02": 4.0, "08": 50.0, "01": 90.0, "31": 12.0})
    after = ranking({"08": 60.0, "01": 45.0, "31": 30.0})
    made = changes(before, after, kept_back={"02", "31"}, becomes=lambda id_: heirs.get(id_, id_))
    assert [(c.id, c.before, c.after) for c in made] == [("01", 90.0, 45.0), ("others", 66.0, 90.0)]
