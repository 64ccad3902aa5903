"""``quetsach center letters verify``."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.web.office.letters.document.letters import letter

from quetsach.cli.main import main
from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.document.pdf import render
from quetsach.web.office.letters.document.signing import Signatory, Signatures, load_key

AT = datetime(2020, 10, 6, 3, tzinfo=UTC)
PERSON, AGENCY = "Nguyễn Văn Mẫu", "Sở Thông tin và Truyền thông"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("letters")
    keys = demonstration_keys(person=PERSON, agency=AGENCY, now=AT - timedelta(days=1))
    signatures = Signatures.prepare(
        person=Signatory(PERSON, load_key(keys.person)), agency=Signatory(AGENCY, load_key(keys.agency)), at=AT
    )
    content = render(letter(annexes=()), signatures.put_on)
    (made / "letter.pdf").write_bytes(content)
    (made / "changed.pdf").write_bytes(content + b" ")
    (made / "root.pem").write_bytes(keys.root)
    return made


def verify(folder: Path, name: str, *options: str) -> int:
    return main(["center", "letters", "verify", str(folder / name), "--root", str(folder / "root.pem"), *options])


def test_a_signed_letter_is_told_with_its_signers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(folder, "letter.pdf") == 0
    said = capsys.readouterr().out
    assert PERSON in said
    assert AGENCY in said
    assert "Công văn có đủ hai chữ ký hợp lệ" in said


def test_a_changed_letter_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(folder, "changed.pdf", "--lang", "en") == 1
    assert "NOT a letter with both its signatures good" in capsys.readouterr().out


def test_the_result_comes_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(folder, "letter.pdf", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["is_signed_letter"] is True
    assert [signature["field"] for signature in told["signatures"]] == ["Person", "Agency"]


def test_a_file_that_is_not_there_or_no_pdf_is_refused(folder: Path) -> None:
    assert verify(folder, "none.pdf") == 1
    assert verify(folder, "root.pem") == 1
