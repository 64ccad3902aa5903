"""``center reports``: lists, withdraws, restores; the integration test erases from a served centre."""

import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.hostile_reports import documents

from quetsach.cli.center import reports
from quetsach.cli.main import main
from quetsach.web.api.services import report_submit
from quetsach.web.client_address import Source

CODE = "3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77"


def test_a_folder_that_holds_no_centre_is_refused_and_left_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["center", "reports", "erase", CODE, "--data", str(tmp_path)]) == 1
    assert "không phải dữ liệu của một trung tâm" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_code_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["center", "reports", "erase", "everything"]) == 1
    assert "MÃ-BÁO-CÁO" in capsys.readouterr().err


NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture
def office(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the commands a centre with three invented reports of one source and an honest one."""

    @contextmanager
    def opened(_arguments: object) -> Iterator[datetime]:
        yield NOW

    monkeypatch.setattr("quetsach.cli.center.opened.opened_centre", opened)
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    for number, body in enumerate(documents(16)):
        if number % 4 == 3:
            sent = json.dumps(json.loads(body) | {"day": "2026-11-28"}).encode()
            source = Source("f" * 16 if number > 3 else "0" * 16)
            report_submit(body=sent, received_on=NOW.date(), source=source)


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["center", "reports", *words]) == code
    return "".join(capsys.readouterr())


@pytest.mark.usefixtures("office")
def test_sources_of_a_day_are_listed_and_withdrawn_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    sources = json.loads(run(capsys, "list", "--day", "2026-11-28", "--json"))
    assert [(source["name"], source["reports"]) for source in sources] == [("f" * 16, 3), ("0" * 16, 1)]
    chosen = ("withdraw", "--source", "f" * 16, "--day", "2026-11-28")
    assert "Sẽ rút 3 báo cáo của 3 máy, 6 phát hiện. Chưa rút gì." in run(capsys, *chosen, "--dry-run")
    assert json.loads(run(capsys, "list", "--json"))["figures"]["reports"] == 4
    assert "cần nêu lý do" in run(capsys, *chosen, "--yes", code=1)
    done = json.loads(run(capsys, *chosen, "--reason", "bịa", "--yes", "--json"))
    assert (done["reports"], done["machines"], done["findings"]) == (3, 3, 6)
    shown = json.loads(run(capsys, "list", "--json"))
    assert (shown["figures"]["reports"], [w["reason"] for w in shown["withdrawals"]]) == (1, ["bịa"])
    assert "4 máy" not in run(capsys, "list")
    number = str(done["withdrawal"])
    assert "3 báo cáo của 3 máy được tính lại" in run(capsys, "restore", number, "--reason", "là một trường học")
    assert json.loads(run(capsys, "list", "--json"))["figures"]["reports"] == 4


@pytest.mark.usefixtures("office")
def test_nothing_is_withdrawn_without_consent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ("withdraw", "--pattern", "0.1.*", "--reason", "bịa")
    assert "không có ai ở màn hình" in run(capsys, *chosen, code=1)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(reports, "agrees", lambda _question: False)
    assert "Chưa rút báo cáo nào." in run(capsys, *chosen)
    monkeypatch.setattr(reports, "agrees", lambda _question: True)
    assert "Đã rút 4 báo cáo" in run(capsys, *chosen)
    assert "Không có báo cáo nào như vậy" in run(capsys, *chosen)


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("withdraw", "--reason", "x", "--yes"), "chưa nêu báo cáo nào"),
        (("withdraw", "--pattern", "*", "--reason", "x"), "--pattern"),
        (("withdraw", "--pattern", "a*" * 40, "--reason", "x"), "--pattern"),
        (("withdraw", "--source", "203.0.114.7", "--reason", "x"), "--source"),
        (("restore", "7", "--reason", "x"), "còn hiệu lực"),
        (("release", "2026-11-20", "--reason", "x"), "không thuộc diện chờ xem"),
        (("release", "2999-01-01", "--reason", "x"), "chưa kết thúc"),
        (("withdraw", "--pattern", "0.1*", "--reason", "x", "--yes", "--by", "an@example.vn"), "không có ai làm việc"),
    ],
)
def test_what_cannot_be_meant_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    assert told in run(capsys, *words, code=1)
