"""The evaluation of a campaign that was played: from feed files to map, curves, and annex."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.centre import center, migrated
from tests.commands import quetsach

pytestmark = pytest.mark.e2e

CAMPAIGN = """
id = "small-wedge"
baseline = "baseline"
name = {vi = "Chiến dịch thử", en = "Trial"}
summary = {vi = "Chiến dịch mô phỏng.", en = "A simulated campaign."}
phases = [{id = "during", first = 2024-03-25, last = 2024-05-26, name = {vi = "Bóc gỡ", en = "Removal"}}]

[[targets]]
id = "addresses"
measure = "window-addresses"
change_percent = -50
text = {vi = "Giảm 50% địa chỉ", en = "Halve the addresses"}

[[windows]]
id = "baseline"
first = 2024-03-04
last = 2024-03-24
name = {vi = "Mốc so sánh", en = "Baseline"}

[[windows]]
id = "close"
first = 2024-05-06
last = 2024-05-26
name = {vi = "Kết thúc", en = "Close"}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data, played = migrated(tmp_path_factory, "played"), tmp_path_factory.mktemp("country") / "played"
    assert quetsach("center", "simulate", "small-wedge", "--out", played).returncode == 0
    center(data, "ingest", *sorted(played.glob("feeds/own/*.csv")), "--feed", "plain", "--report", "own")
    plan = data / "campaigns" / "small-wedge" / "campaign.toml"
    plan.parent.mkdir(parents=True)
    plan.write_text(CAMPAIGN, "utf-8")
    table = "".join(f"{code},500000\n" for code in ("01", "31", "38", "40", "52", "75", "79"))
    (data / "subscribers.csv").write_text(f"province,subscribers\n{table}", "utf-8")
    words = ("--out", data / "report", "--province-subscribers", data / "subscribers.csv")
    center(data, "evaluate", "small-wedge", *words)
    return data / "report"


def rows(report: Path, table: str) -> list[dict[str, str]]:
    with (report / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_machines_of_each_family_are_estimated_with_their_error(report: Path) -> None:
    told = rows(report, "machines-families")
    assert {row["id"] for row in told} == {"mirai", "qsnatch"}
    for row in told:
        assert float(row["before_low"]) < float(row["before"]) < float(row["before_high"])
        assert float(row["after"]) < float(row["before"])


def test_time_to_clean_is_told_of_each_family_with_the_curve_behind_it(report: Path) -> None:
    told = {row["id"]: row for row in rows(report, "time-to-clean-family")}
    assert float(told[""]["median_low"]) < float(told[""]["median_days"])
    first = [row for row in rows(report, "survival-family") if row["day"] == "0"]
    assert {row["id"]: float(row["share"]) for row in first} == dict.fromkeys(told, 100.0)


def test_provinces_are_on_two_maps_and_small_ones_without_a_figure(report: Path) -> None:
    page = (report / "evaluation.vi.html").read_text("utf-8")
    assert (page.count("Hoàng Sa<"), page.count("Trường Sa<")) == (2, 2)
    told = rows(report, "provinces")
    assert all(float(row["before"]) >= 10 for row in told)
    assert all(float(row["low"]) < float(row["change"]) < float(row["high"]) for row in told)
    rated = rows(report, "province-rates")
    assert rated
    assert all(float(row["low"]) < float(row["rate"]) < float(row["high"]) for row in rated)


@pytest.mark.parametrize(("language", "width", "scheme"), [("vi", 360, "light"), ("en", 1280, "dark")])
def test_the_page_is_accessible_and_never_wider_than_the_screen(
    report: Path, browser: Browser, language: str, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    try:
        page = context.new_page()
        page.goto((report / f"evaluation.{language}.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true })")
        assert barriers(page) == []
        assert fits(page)
    finally:
        context.close()
