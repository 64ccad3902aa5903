"""``center units``: tables in and out of a database; each run is a process, as Django is set up once in each."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.centre import migrated
from tests.commands import quetsach

HEADER = "key,code,name_vi,name_en,kind,parent,opened,closed,decree,exchange_code\n"
TREE = HEADER + (
    "tw,TW,Trung tâm,Centre,centre,,2020-01-01,,\n"
    "31-2020,31,Thành phố Hải Phòng,Hai Phong City,province,tw,2020-01-01,2025-07-01,\n"
    "303-2020,303,Quận Hồng Bàng,,district,31-2020,2020-01-01,2025-07-01,\n"
    "31-2025,31,Thành phố Hải Phòng,Hai Phong City,province,tw,2025-07-01,,\n"
)
SUCCESSIONS = "old,new,on,decree,share\n31-2020,31-2025,2025-07-01,202/2025/QH15,1\n"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with the small tree, and the tables of it beside."""
    folder = migrated(tmp_path_factory, "units")
    (folder / "units.csv").write_text(TREE)
    (folder / "successions.csv").write_text(SUCCESSIONS)
    done = _run(centre=folder, words=["import", folder / "units.csv", folder / "successions.csv", "--json"])
    assert json.loads(done.stdout)["added"] == 4
    return folder


def _run(*, centre: Path, words: list[str | Path], code: int = 0) -> subprocess.CompletedProcess[str]:
    done = quetsach("center", "units", *words, "--data", centre)
    assert done.returncode == code, done.stderr
    return done


def test_an_import_of_the_same_says_so(centre: Path) -> None:
    told = _run(centre=centre, words=["import", centre / "units.csv"]).stdout
    assert told == "Nội dung tệp giống với dữ liệu hiện có.\n"


def test_a_dry_run_changes_nothing(centre: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(HEADER + "304-2020,304,Quận Ngô Quyền,,district,31-2020,2020-01-01,2025-07-01,\n")
    for _ in range(2):
        told = json.loads(_run(centre=centre, words=["import", tmp_path / "x.csv", "--dry-run", "--json"]).stdout)
        assert (told["added"], told["applied"]) == (1, False)


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_faults_are_told_by_cell_and_nothing_is_applied(centre: Path, tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "x.csv").write_text(HEADER + "304-2020,304,,,district,99-2020,2020-01-01,,\n")
    done = _run(centre=centre, words=["import", tmp_path / "x.csv", "--json", *more], code=1)
    [fault] = json.loads(done.stdout)["faults"]
    assert (fault["row"], fault["column"], fault["what"]) == (2, "name_vi", "để trống")


def test_a_unit_is_shown_on_a_day_by_its_code(centre: Path) -> None:
    told = json.loads(_run(centre=centre, words=["show", "31", "--on", "2020-10-06", "--json"]).stdout)
    assert (told["key"], told["path"], told["successors"]) == ("31-2020", "/tw/31-2020/", ["31-2025"])
    assert told["below"] == [{"key": "303-2020", "name": "Quận Hồng Bàng", "units_below": 0}]


def test_a_unit_of_another_time_is_said_to_be_out_of_the_tree(centre: Path) -> None:
    told = _run(centre=centre, words=["show", "31-2020", "--on", "2026-01-01", "--lang", "en"]).stdout
    assert "not in the tree on that day" in told


def test_a_unit_that_does_not_exist_is_refused(centre: Path) -> None:
    assert "31-2025" in _run(centre=centre, words=["show", "99"], code=1).stderr


def test_an_export_comes_back_unchanged(centre: Path, tmp_path: Path) -> None:
    _run(centre=centre, words=["export", tmp_path / "all.xlsx"])
    _run(centre=centre, words=["export", tmp_path / "tables"])
    files = sorted((tmp_path / "tables").iterdir())
    assert [file.name for file in files] == ["contacts.csv", "groups.csv", "successions.csv", "units.csv"]
    for words in ([tmp_path / "all.xlsx"], files):
        told = _run(centre=centre, words=["import", *words]).stdout
        assert told == "Nội dung tệp giống với dữ liệu hiện có.\n"


def test_a_file_that_is_no_table_is_refused(centre: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")
    assert "tiêu đề" in _run(centre=centre, words=["import", tmp_path / "x.csv"], code=1).stderr
    assert (
        "cannot be read" in _run(centre=centre, words=["import", tmp_path / "none.csv", "--lang", "en"], code=1).stderr
    )


def test_figures_are_carried_over_to_the_units_of_a_day(centre: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("unit,figure\n31-2020,7\n303-2020,5\n")
    told = json.loads(_run(centre=centre, words=["recast", tmp_path / "x.csv", "--on", "2025-07-01", "--json"]).stdout)
    assert told == [{"unit": "31-2025", "name": "Thành phố Hải Phòng", "figure": 12}]
    (tmp_path / "x.csv").write_text("unit,figure\n31-2020,x\n")
    assert "x.csv, 2, figure" in _run(centre=centre, words=["recast", tmp_path / "x.csv"], code=1).stdout
