"""The report of a campaign: what it says, and that page, paper and data say the same."""

import csv
import io
import json
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
from quetsach.assess.estimate import Estimate
from quetsach.assess.hosts.comparison import Comparison, Covered, Gone
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.notice import Notice
from quetsach.assess.privacy import folded_rows
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.assess.targets import Goal
from quetsach.campaign.schedule.outcome import LetterFact, Outcome, ReturnFacts
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.core.small_cell import SMALLEST_CELL
from quetsach.web.evaluation.annex import annex_files
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.dividing import changes
from quetsach.web.evaluation.document import Bars, Column, Evaluation, Form, Paragraph, Statement, Table, Tone
from quetsach.web.evaluation.page import render_page
from quetsach.web.evaluation.paper import typeset
from quetsach.web.evaluation.writing import evaluation_write

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


@pytest.mark.parametrize(
    ("language", "done", "then"),
    [
        ("vi", "công cụ đã quét 1.000 máy, phát hiện mã độc trên 120 máy và làm sạch 90 máy.", "làm sạch 30 máy"),
        ("en", "scanned 1,000 machines, found malware on 120 and cleaned 90.", "help 30 machines"),
    ],
)
def test_page_one_begins_with_what_was_done_and_what_comes_next(
    report: Evaluation, language: str, done: str, then: str
) -> None:
    first, second = report.sections[0].blocks[:2]
    assert isinstance(first, Paragraph)
    assert isinstance(second, Paragraph)
    assert done in first.text.in_language(language)
    assert then in second.text.in_language(language)


def test_page_one_counts_letters_and_returns_and_names_what_lacks() -> None:
    outcome = replace(
        NOTHING_DONE,
        letters=(
            LetterFact("826/CATTT-NCSC", date(2020, 9, 1), "Cục", "x", 63, 60),
            LetterFact("2049", date(2020, 9, 9), "Sở", "x", 47, 28),
        ),
        returns=ReturnFacts((), 183, 182, 170, LocalText("x", "x")),
    )
    made = compose(replace(inputs(effect=effect_of(0.6)), outcome=outcome, tool=None))
    done, then = (block.text.vi for block in made.sections[0].blocks[:2] if isinstance(block, Paragraph))
    assert done == (
        "Đã làm: ban hành 2 công văn (110 lượt gửi đến các đơn vị, 88 lượt đã xác nhận); có số liệu đã phê duyệt của "
        "182/183 đơn vị phải báo cáo."
    )
    assert then == (
        "Việc tiếp theo: đôn đốc 22 lượt gửi công văn chưa được xác nhận; thu hoặc phê duyệt số liệu còn thiếu của "
        "1 đơn vị."
    )


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
    done, _ = compose(replace(inputs(), tool=None)).sections[0].blocks[:2]
    assert isinstance(done, Paragraph)
    assert "chưa ghi nhận" in done.text.vi


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
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    base = WindowCount("baseline", LocalText("Mốc", "Baseline"), 900, Basis(window, ("a/b",), 30, window.last))
    goal = Goal("botnet-addresses", LocalText("Giảm một nửa", "Halve"), -50, is_measured=True)
    targets = TargetReport("x", LocalText("Chiến dịch", "Campaign"), base, "", None, (goal,), (), ())
    made = compose(replace(inputs(), targets=targets))
    (bars,) = [b for s in made.sections for b in s.blocks if isinstance(b, Bars) and b.table == "windows"]
    assert bars.level is None


def test_a_refused_analysis_says_why_and_gives_no_number() -> None:
    made = compose(inputs(effect=REFUSED))
    assert [s.tone for s in statements(made, "effect")][-1] is Tone.REFUSED
    assert "effect" not in {t.id for t in made.tables()}


def test_a_changed_instrument_stands_beside_the_machines_and_a_refusal_in_place_of_their_number() -> None:
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    notice = Notice("measures-disagree", LocalText("Công cụ đo đã thay đổi.", "The instrument changed."), 12.0)
    refused, seen = Refusal(RefusalReason.RARE_CHECK_INS), Estimate(40.0, 40.0, 40.0, {"before": 100.0, "after": 60.0})
    made = compose(inputs(machines=Comparison(window, window, (), refused, seen, seen, (notice,))))
    assert [row[3] for row in made.table("machines").rows] == [None, 40.0, 40.0]
    assert made.table("machines").rows[0][-1] == refused.text
    assert [s.tone for s in statements(made, "machines")] == [Tone.REFUSED]


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
        Refusal(RefusalReason.NO_DATA),
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
    assert "2 trong 4 họ mã độc của kỳ làm mốc, chiếm ít nhất 76% số máy" in said
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
    return Ranking("family", (MEAN_DAILY,), rows, Figure.of(sum(values.values()), MEAN_DAILY, basis), basis)


@given(counts, counts)
def test_no_small_row_is_shown_and_none_is_given_back_by_the_total(
    before: dict[str, float], after: dict[str, float]
) -> None:
    kept_back: set[str] = set()
    for values, day in ((before, 1), (after, 2)):
        chosen = folded_rows(values, window=Period(date(2020, 6, day), date(2020, 6, day)))
        assert not isinstance(chosen, Refusal)
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
