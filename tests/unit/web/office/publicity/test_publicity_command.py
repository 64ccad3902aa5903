"""``center publicity``: a kit as a file, the reach as a table or as JSON."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.centre import lay_out

from quetsach.cli.main import main
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.models import Kit, Visit
from quetsach.web.office.publicity.selectors.kits import genuine
from quetsach.web.office.tree.models import Unit

type Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    lay_out(tmp_path)
    return lambda *words: main(["center", "publicity", *words, "--data", str(tmp_path)])


def test_a_kit_is_written_as_one_file(
    run: Run, units: dict[str, Unit], campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("kit", "31-2025", "--campaign", "viet-nam-2020", "--out", str(tmp_path / "kits")) == 0
    (path,) = (tmp_path / "kits").iterdir()
    assert zipfile.ZipFile(path).testzip() is None
    assert "chưa có hiệu lực" in capsys.readouterr().out
    assert genuine(Kit.objects.get().verification.code) is None


def test_the_result_can_be_read_by_programs(
    run: Run, units: dict[str, Unit], campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("kit", "31-2025", "--campaign", "viet-nam-2020", "--out", str(tmp_path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert Path(told["file"]).is_file()
    assert told["code"] == Kit.objects.get().verification.code


@pytest.mark.parametrize(("unit", "named"), [("99-2025", "viet-nam-2020"), ("31-2025", "nothing")])
def test_what_is_not_there_is_refused(
    run: Run, units: dict[str, Unit], campaign: Campaign, tmp_path: Path, unit: str, named: str
) -> None:
    assert run("kit", unit, "--campaign", named, "--out", str(tmp_path / "kits")) == 1
    assert not (tmp_path / "kits").exists()


def test_a_folder_that_cannot_be_written_is_explained(
    run: Run, units: dict[str, Unit], campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run("kit", "31-2025", "--campaign", "viet-nam-2020", "--out", str(tmp_path / "file")) == 1
    assert "không ghi được" in capsys.readouterr().err


def test_reach_is_told_as_a_table(run: Run, units: dict[str, Unit], capsys: pytest.CaptureFixture[str]) -> None:
    Visit.objects.create(unit=units["31-2025"], day=datetime.now(UTC).date(), count=1234)
    assert run("reach") == 0
    assert "1.234" in capsys.readouterr().out


def test_reach_hides_small_counts_of_units_below(
    run: Run, units: dict[str, Unit], capsys: pytest.CaptureFixture[str]
) -> None:
    Visit.objects.create(unit=units["31-2025"], day=datetime.now(UTC).date(), count=4)
    run("reach", "--json")
    assert json.loads(capsys.readouterr().out)["visits"]["below"] == {"01-2025": 0, "31-2025": None}


def test_days_in_the_wrong_order_are_refused(run: Run, units: dict[str, Unit]) -> None:
    assert run("reach", "--from", "2026-11-02", "--to", "2026-11-01") == 1
