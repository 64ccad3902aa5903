"""The evaluation by the real command: of a centre with the demonstration, and of one that holds nothing."""

import csv
import json
import random
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.centre import center, prepared

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = prepared(tmp_path_factory, "evaluated", demonstration=True)
    center(data, "evaluate", "viet-nam-2020", "--out", data / "report")
    return data / "report"


def rows(report: Path, table: str) -> list[dict[str, str]]:
    with (report / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_published_change_of_2020_is_recomputed_from_the_annex(report: Path) -> None:
    windows = {row["window_en"]: row for row in rows(report, "windows")}
    base, close = windows["Baseline"], windows["Close of the campaign"]
    assert round(100 * (int(close["addresses"]) / int(base["addresses"]) - 1), 1) == float(close["change"]) == -47.8
    daily = {row["day"]: int(row["addresses"]) for row in rows(report, "daily")}
    assert len([day for day in daily if base["first"] <= day <= base["last"]]) == 30


def test_letters_and_returns_of_the_office_are_in_the_report(report: Path) -> None:
    assert {"826/CATTT-NCSC", "2049/STTTT-CNTT"} <= {row["number"] for row in rows(report, "letters")}
    totals = {row["figure_en"]: row["value"] for row in rows(report, "returns")}
    assert len(totals) > 5
    assert all(value == "" or int(value) >= 10 for value in totals.values())


def test_what_the_demonstration_scatters_by_chance_is_not_set_apart(report: Path) -> None:
    """Every row of it falls alike: families, providers and provinces, and so do the squares of the map."""
    for table in ("families", "providers", "provinces"):
        told = rows(report, table)
        assert {row["side_en"] for row in told} == {"not told apart", ""}
        assert all(float(row["low"]) < float(row["change"]) < float(row["high"]) for row in told)
    *_, others, unknown = rows(report, "provinces")
    assert (others["name_en"], unknown["name_en"]) == ("52 other provinces", "Unknown")


def test_page_one_tells_real_figures_from_those_for_show_and_one_table_what_is_missing(report: Path) -> None:
    page = (report / "evaluation.vi.html").read_text("utf-8")
    assert "Số thật đã công bố: 2.014.512 địa chỉ trong kỳ làm mốc, 917.492 trong kỳ “Tháng 02/2021”" in page
    assert "Số minh họa của trung tâm này (không phải số thật): 20.145 địa chỉ trong kỳ làm mốc, 9.175" in page
    missing = {row["what_en"].split("; ")[0]: row["why_en"] for row in rows(report, "not-computed")}
    assert "too rare" in missing["Machines and infections"]
    assert "subscribers" in missing["Grades of providers"]
    assert "identifier" in missing["Time to clean"]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_the_page_is_accessible_and_never_wider_than_the_screen(
    report: Path, browser: Browser, language: str, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    try:
        page = context.new_page()
        page.goto((report / f"evaluation.{language}.html").as_uri())
        assert barriers(page) == []
        assert fits(page)
    finally:
        context.close()


def test_the_paper_is_whole_in_both_languages(report: Path) -> None:
    for language, verdict in (("vi", "Chưa kết luận được"), ("en", "Not decided")):
        paper = report / f"evaluation.{language}.pdf"
        text = subprocess.run(["pdftotext", paper, "-"], capture_output=True, text=True, check=True).stdout
        assert verdict in text


def test_a_centre_without_sightings_reports_what_was_published_and_that_nothing_was_counted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = prepared(tmp_path_factory, "unfed")
    center(data, "evaluate", "viet-nam-2020", "--out", data / "report")
    assert not (data / "report" / "data" / "windows.csv").exists()
    four = {row["against_en"]: row for row in rows(data / "report", "four-baselines")}
    assert round(float(four["The declared baseline"]["change"]), 1) == -47.8
    assert four["The trend without a campaign"]["change"] == ""
    assert four["The trend without a campaign"]["why_not_en"]


def test_a_panel_of_anything_decides_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = prepared(tmp_path_factory, "judged")
    chance = random.Random(3)
    lines = ["unit,period,outcome,treated"]
    for unit in range(16):
        for week in range(14):
            treated = week >= 4 + unit // 2
            lines.append(f"p{unit},{week + 1},{chance.uniform(97, 103) * (0.4 if treated else 1)},{int(treated)}")
    (data / "panel.csv").write_text("\n".join(lines))
    words = ("--panel", data / "panel.csv", "--method", "wedge", "--out", data / "report")
    center(data, "evaluate", "viet-nam-2020", *words)
    verdicts = json.loads((data / "report" / "data" / "evaluation.json").read_text())["verdicts"]
    tones = {v["title"]["en"]: v["tone"] for v in verdicts if v["section"] == "verdicts"}
    assert tones == {
        "Halve the malware infection rate": "not-decided",
        "Halve the IP addresses in the ten most common botnets": "not-decided",
    }
    for language, claims in (
        ("vi", ("Đạt chỉ tiêu:", "Xác suất đạt chỉ tiêu:")),
        ("en", ("Achieved: the whole interval lies", "target was met:")),
    ):
        page = (data / "report" / f"evaluation.{language}.html").read_text("utf-8")
        assert not any(claim in page for claim in claims)
    assert float(rows(data / "report", "effect")[0]["value"]) < -0.8


def test_a_folder_without_a_centre_is_refused_with_advice(tmp_path: Path) -> None:
    refused = center(tmp_path, "evaluate", "viet-nam-2020", "--out", tmp_path / "report", check=False)
    assert refused.returncode == 1
    assert "center up" in refused.stderr
    assert not (tmp_path / "report").exists()
