"""The three steps of a citizen and the centre's numbers, with the real command, a real server and a real browser.

A centre is prepared and serves. The tool as a citizen downloads it (the wheel of the download page, unpacked) updates
its packs from that centre, scans an infected tree, cleans it, finds nothing more, and puts everything back to the byte.
Its report is sent after it was shown, and the portal counts it.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.artefacts import built_wheel
from tests.browser import press_in_place
from tests.centre import Served, center, prepared, served
from tests.snapshot import snapshot
from tests.waiting import PATIENCE_SECONDS

from quetsach.packs.specimen import specimens_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Tool:
    """The downloaded tool: runs from the unpacked wheel, not from the source tree."""

    folder: Path
    state: Path

    def run(self, *words: str, check: int | None = None) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.state.parent),
            "PYTHONPATH": str(self.folder),
            "PYTHONSAFEPATH": "1",
            "QUETSACH_STATE": str(self.state),
            "LANG": "C.UTF-8",
        }
        run = subprocess.run(
            [sys.executable, "-m", "quetsach.cli.main", *words],
            env=environment,
            cwd=self.state.parent,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if check is not None:
            assert run.returncode == check, f"{words}: {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory)


@pytest.fixture(scope="module")
def centre(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(prepared(tmp_path_factory, "loop", demonstration=True), "--tool", wheel) as server:
        yield server


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def tool(centre: Served, page: Page, tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """Download the tool as a citizen does: from the page, checked against the checksum that the page shows."""
    page.goto(f"{centre.url}/tai-ve/")
    with page.expect_download() as downloading:
        press_in_place(page, "a[href$='.whl']")
    wheel = Path(downloading.value.path())
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in page.content()
    home = tmp_path_factory.mktemp("citizen")
    zipfile.ZipFile(wheel).extractall(home / "tool")
    return Tool(home / "tool", home / "state")


def shown_counts(page: Page, centre: Served) -> Counter[str | None]:
    """Read the counters of tool reports from the home page, once they have been counted anew; none before a report.

    A page that is asked for with a question is made at once, as it will be written within seconds.
    """
    center(centre.data, "reports", "list")
    page.goto(f"{centre.url}/?now")
    cells = page.locator("[data-figure]").all()
    return Counter({c.get_attribute("data-figure"): int(re.sub(r"\D", "", c.inner_text()) or 0) for c in cells})


def test_a_machine_is_found_cleaned_put_back_and_counted(
    centre: Served, page: Page, tool: Tool, tmp_path: Path
) -> None:
    before = shown_counts(page, centre)
    updated = json.loads(tool.run("update", "--json", check=0).stdout)
    assert updated

    tree = tmp_path / "machine"
    tree.mkdir()
    planted = [
        item
        for family in ("eicar", "xmrig-miner")
        for specimen in specimens_of(ROOT / "packs" / family, ["linux"])
        for item in specimen.build(tree)
    ]
    infected = snapshot(tree)
    root = ("--root", str(tree))

    report = tmp_path / "report.json"
    tool.run("scan", *root, "--full", "--report", str(report), check=10)
    found = json.loads(report.read_text())["findings"]
    assert len(found) >= len(planted)
    assert snapshot(tree) == infected, "looking changed something"

    tool.run("clean", *root, "--full", "--dry-run", check=10)
    assert snapshot(tree) == infected, "a dry run changed something"
    tool.run("clean", *root, "--full", "--yes", check=11)
    tool.run("scan", *root, "--full", check=0)

    tool.run("undo", "--last", "--yes", check=0)
    assert snapshot(tree) == infected
    tool.run("clean", *root, "--full", "--yes", check=11)

    assert shown_counts(page, centre) == before, "something was sent without consent"
    shown = tool.run("report", "send", "--yes", check=0).stdout
    assert "quetsach-submission/1" in shown
    assert str(tree) not in shown
    tool.run("report", "send", "--yes", check=0)  # the same report once more is not counted twice

    after = shown_counts(page, centre)
    assert after["reports"] == before["reports"] + 1
    assert after["machines"] == before["machines"] + 1
    assert after["cleaned"] == before["cleaned"] + 1
