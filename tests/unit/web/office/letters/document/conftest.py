"""Keys and signed letters that are made once for all tests of a run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.demonstration import DemonstrationKeys, demonstration_keys
from quetsach.web.office.letters.document.keyring import Keyring, read_keyring, write_demonstration
from quetsach.web.office.letters.document.pdf import render

AT = datetime(2020, 10, 6, 3, 4, 5, tzinfo=UTC)
PERSON, AGENCY = "Nguyễn Văn Mẫu", "Sở Thông tin và Truyền thông"


@dataclass(frozen=True, slots=True)
class Signed:
    """A letter with both signatures, and the certificate to trust."""

    content: bytes
    root: bytes


@pytest.fixture(scope="session")
def made() -> DemonstrationKeys:
    return demonstration_keys(person=PERSON, agency=AGENCY, now=AT - timedelta(days=3))


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    folder: Path = tmp_path_factory.mktemp("keys") / "31-2020"
    write_demonstration(folder, person=PERSON, agency=AGENCY, now=AT - timedelta(days=3))
    found = read_keyring(folder)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def signed(keyring: Keyring) -> Signed:
    text = letter(annexes=())
    return Signed(render(text, keyring.signatures(text, AT).put_on), keyring.root)
