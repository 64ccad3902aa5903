"""``center partners`` and ``center helpdesk``: each run is a process, as Django is set up once in each."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.centre import migrated
from tests.commands import program, quetsach
from tests.unit.campaign.partners.test_partner_declarations import GOOD

PREPARE = """
import sys
from datetime import date
from pathlib import Path
from quetsach.web.configuration import configure_web
configure_web(Path(sys.argv[1]))
from quetsach.web.office.tree.models import Edge, Unit
from quetsach.web.office.units.services.unit import positions_rebuild
opened = date(2020, 1, 1)
top = Unit.objects.create(key="tw", code="TW", name_vi="Trung tâm", kind="centre", opened=opened)
place = Unit.objects.create(key="31-2020", code="31", name_vi="Hải Phòng", kind="province", opened=opened)
Edge.objects.create(unit=place, parent=top, first=opened)
positions_rebuild()
"""
REPORT = (
    "day,place,product,turns,machines,infected\n"
    "2020-10-06,31,A,50,40,7\n2020-10-07,31,A,60,45,5\n2020-10-06,99,A,1,1,0\n"
)


def run(centre: Path, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = quetsach("center", *words, "--data", centre)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with one province, one partner and its report."""
    folder = migrated(tmp_path_factory, "partners")
    program(PREPARE, folder)
    (folder / "method.toml").write_text(GOOD)
    (folder / "report.csv").write_text(REPORT)
    run(folder, "partners", "add", "hang-a", "--name", "Hãng A")
    run(folder, "partners", "declare", "hang-a", folder / "method.toml")
    told = json.loads(run(folder, "partners", "import", "hang-a", folder / "report.csv", "--json").stdout)
    assert (told["records"], told["accepted"], told["set_aside"], told["is_new"]) == (3, 2, 1, True)
    assert told["faults"] == [{"line": 4, "reason": "place", "column": "place", "excerpt": "99"}]
    return folder


def test_a_report_again_says_what_became_of_each_record(centre: Path) -> None:
    told = run(centre, "partners", "import", "hang-a", centre / "report.csv").stdout
    assert "3 bản ghi = 0 nhận mới + 2 trùng + 0 thay thế + 1 tách riêng" in told
    assert "99" in told


def test_totals_are_told_with_what_they_count_and_their_bounds(centre: Path) -> None:
    words = ("partners", "totals", "--from", "2020-10-01", "--to", "2020-10-31")
    assert "Hãng A máy đã quét máy 45 85" in " ".join(run(centre, *words).stdout.split())
    told = json.loads(run(centre, *words, "--json").stdout)
    assert told["all_partners"]["overlap"] == "unknown"
    [figures] = [one["figures"] for one in told["partners"]]
    assert {f["measure"]: (f["counted_as"], f["least"], f["most"]) for f in figures} == {
        "turns": ("turns", 110, 110),
        "machines": ("machines", 45, 85),
        "infected": ("machines", 7, 12),
    }


def test_a_token_is_made_and_revoked_by_its_label(centre: Path) -> None:
    made = json.loads(run(centre, "partners", "token", "hang-a", "--label", "x", "--json").stdout)
    assert made["token"].startswith("qsp_")
    told = run(centre, "partners", "token", "hang-a", "--label", "x", "--revoke", "--lang", "en").stdout
    assert told == "1 tokens revoked.\n"


def test_the_list_says_until_when_there_are_data(centre: Path) -> None:
    [state] = json.loads(run(centre, "partners", "list", "--json").stdout)
    assert (state["partner"], state["declarations"], state["newest_day"]) == ("hang-a", 1, "2020-10-07")
    assert "Hãng A" in run(centre, "partners", "list").stdout


def test_nothing_waits_when_all_was_taken_in(centre: Path) -> None:
    assert run(centre, "partners", "work").stdout == "Đã xử lý xong 0 tệp.\n"


def test_what_cannot_be_done_is_refused_with_a_hint(centre: Path) -> None:
    assert "hiện có: hang-a" in run(centre, "partners", "import", "b", centre / "report.csv", code=1).stderr
    assert "không đọc được" in run(centre, "partners", "import", "hang-a", centre / "none.csv", code=1).stderr
    (centre / "bad.csv").write_text("a,b\n1,2\n")
    assert "các cột: day" in run(centre, "partners", "import", "hang-a", centre / "bad.csv", code=1).stderr
    assert "version" in run(centre, "partners", "declare", "hang-a", centre / "method.toml", code=1).stderr


def test_a_folder_that_holds_no_centre_is_refused(tmp_path: Path) -> None:
    assert "trung tâm" in run(tmp_path, "partners", "list", code=1).stderr
    assert list(tmp_path.iterdir()) == []


def test_the_help_desk_is_counted_and_purged(centre: Path) -> None:
    assert json.loads(run(centre, "helpdesk", "list", "--json").stdout)["new"] == 0
    assert "waiting" in run(centre, "helpdesk", "list", "--lang", "en").stdout
    assert json.loads(run(centre, "helpdesk", "purge", "--json").stdout) == {"closed": 0, "erased": 0}
    assert "Đã đóng 0 hồ sơ" in run(centre, "helpdesk", "purge").stdout
