"""The window's use cases on a running Windows: found, cleaned, put back; drives; paths as people write them."""

import os
from pathlib import Path

import pytest

from quetsach.cli.desktop import Desktop
from quetsach.endpoint.report import Kind
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.window.use_cases import Target

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop:
    return Desktop(tmp_path / "state")


def test_what_it_can_do_here_is_known(desktop: Desktop) -> None:
    ready = desktop.readiness()
    assert (ready.is_live, ready.is_elevated, ready.trouble) == (True, True, None)
    assert ready.packs > 15
    assert [drive.name for drive in ready.drives] == ["C:\\", "D:\\"]


def test_a_file_in_a_vietnamese_folder_is_cleaned_and_put_back(desktop: Desktop) -> None:
    folder = Path(os.environ["TEMP"], "Hóa đơn tháng 11")
    folder.mkdir()
    file = folder / "hóa đơn.com"
    file.write_bytes(EICAR)
    os.utime(file, ns=(10**18, 10**18))
    looked = desktop.look(Target("quick"), lambda _: None, Control())
    assert looked.plan is not None
    assert [step.subject.casefold() for step in looked.plan.steps] == [str(file).casefold()]
    report = desktop.clean(looked, {1}, lambda _: None)
    assert (report.kind, [step.outcome for step in report.steps]) == (Kind.CLEAN, ["done"])
    assert not file.exists()
    assert report.session is not None
    undone = desktop.undo(report.session, lambda _: None)
    assert undone.kind is Kind.UNDO
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (EICAR, 10**18)
    file.unlink()
    folder.rmdir()


def test_a_stick_is_looked_at_by_itself(desktop: Desktop) -> None:
    file = Path("D:/ảnh cưới.com")
    file.write_bytes(EICAR)
    stick = next(drive for drive in desktop.readiness().drives if drive.name == "D:\\")
    looked = desktop.look(Target("paths", stick), lambda _: None, Control())
    assert [one.where for one in looked.report.findings] == ["D:\\ảnh cưới.com"]
    assert looked.report.scan.files >= 1
    file.unlink()


def test_a_report_is_saved_where_its_owner_finds_it(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("quetsach.cli.desktop.open_page", opened.append)
    looked = desktop.look(Target("paths", desktop.readiness().drives[1]), lambda _: None, Control())
    path = Path(desktop.save_page(looked.report, "vi"))
    assert opened == [path]
    assert path.is_relative_to(Path.home())
    assert "Quét Sạch" in path.read_text("utf-8")
    path.unlink()
