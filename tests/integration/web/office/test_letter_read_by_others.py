"""Other people's readers take the letter for what it is: poppler its signatures, zbar the code on the printed page."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.document.letter import Personal, Verification
from quetsach.web.office.letters.document.pdf import render, render_many
from quetsach.web.office.letters.document.signing import Signatory, Signatures, load_key

AT = datetime(2020, 10, 6, 3, 4, 5, tzinfo=UTC)
PERSON, AGENCY = "Nguyễn Văn Mẫu", "Sở Thông tin và Truyền thông"


@pytest.fixture(scope="module")
def signed() -> bytes:
    keys = demonstration_keys(person=PERSON, agency=AGENCY, now=AT - timedelta(days=1))
    signatures = Signatures.prepare(
        person=Signatory(PERSON, load_key(keys.person)), agency=Signatory(AGENCY, load_key(keys.agency)), at=AT
    )
    return render(letter(), signatures.put_on)


def told(command: list[str | Path]) -> str:
    return subprocess.run(command, capture_output=True, check=False).stdout.decode()


def test_poppler_finds_both_signatures_valid(signed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "letter.pdf"
    file.write_bytes(signed)
    said = told(["pdfsig", "-nocert", file])
    assert said.count("Signature is Valid.") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert said.count("Total document signed") == 1
    assert said.index(PERSON) < said.index(AGENCY)


def test_poppler_finds_a_changed_letter_invalid(signed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "letter.pdf"
    changed = bytearray(signed)
    changed[len(changed) // 3] ^= 1
    file.write_bytes(bytes(changed))
    assert "Signature is Valid." not in told(["pdfsig", "-nocert", file])


@pytest.mark.parametrize("length", [20, 60, 100])
def test_the_code_on_paper_is_read_by_a_scanner(length: int, tmp_path: Path) -> None:
    url = f"https://quetsach.example.vn/cong-van/{'aZ9-' * 40}"[: 28 + length]
    (content,) = render_many(letter(annexes=()), [Personal(Verification(url, "QS-7KQM2-F9DXG"))])
    file, page = tmp_path / "letter.pdf", tmp_path / "page"
    file.write_bytes(content)
    subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", file, page], check=True, capture_output=True)
    assert told(["zbarimg", "-q", "--raw", page.with_suffix(".png")]).strip() == url
