"""Keys and signed letters that are made once for all tests of a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.demonstration import DemonstrationKeys, demonstration_keys
from quetsach.web.office.letters.document.pdf import render
from quetsach.web.office.letters.document.signing import Signatory, Signatures, load_key

AT = datetime(2020, 10, 6, 3, 4, 5, tzinfo=UTC)
PERSON, AGENCY = "Nguyễn Văn Mẫu", "Sở Thông tin và Truyền thông"


@dataclass(frozen=True, slots=True)
class Signed:
    """A letter with both signatures, and the certificate to trust."""

    content: bytes
    root: bytes


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(scope="session")
def made() -> DemonstrationKeys:
    return demonstration_keys(person=PERSON, agency=AGENCY, now=AT - timedelta(days=3))


@pytest.fixture(scope="session")
def signatures(made: DemonstrationKeys) -> Signatures:
    return Signatures.prepare(
        person=Signatory(PERSON, load_key(made.person)), agency=Signatory(AGENCY, load_key(made.agency)), at=AT
    )


@pytest.fixture(scope="session")
def signed(made: DemonstrationKeys, signatures: Signatures) -> Signed:
    return Signed(render(letter(annexes=()), signatures.put_on), made.root)
