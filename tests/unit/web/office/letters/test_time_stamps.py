"""Signed originals bear time stamps of an authority; one that does not answer lets no letter out."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.time_stamp_server import PASSWORD, USER, Authority, time_stamp_server
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.web.configuration import TimeStampServer
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.letters.document.demonstration import DemonstrationKeys, demonstration_keys
from quetsach.web.office.letters.document.letter import SigningError
from quetsach.web.office.letters.document.verification import is_signed_letter, verify
from quetsach.web.office.letters.models import Dispatch, Letter, LetterState, RegisterBook
from quetsach.web.office.letters.services.send import copies_make, letter_send

NOW = datetime.now(UTC)
STAMPED = NOW.replace(microsecond=0) + timedelta(minutes=3)


@pytest.fixture
def keys(post_office: Path) -> DemonstrationKeys:
    """Give the centre keys to sign with."""
    keys = demonstration_keys(person=CONTENT["signer_name"], agency=CONTENT["agency"], now=NOW - timedelta(days=1))
    folder = post_office / "letters" / "keys" / "tw"
    folder.mkdir(parents=True)
    (folder / "person.p12").write_bytes(keys.person)
    (folder / "agency.p12").write_bytes(keys.agency)
    return keys


@pytest.fixture
def authority(keys: DemonstrationKeys, settings) -> Iterator[Authority]:
    """Run an authority and have the centre use it."""
    with time_stamp_server(keys.time_stamp, STAMPED) as running:
        server = TimeStampServer(f"http://127.0.0.1:{running.port}/tsr", USER, PASSWORD)
        settings.CENTER = dataclasses.replace(settings.CENTER, time_stamps=server)
        yield running


def test_both_signatures_of_the_original_bear_a_time_stamp(
    authority: Authority, keys: DemonstrationKeys, issued: Callable[..., Letter]
) -> None:
    states = verify(LETTERS.read(issued(now=NOW).sha256), [keys.root])
    assert is_signed_letter(states)
    assert [(state.is_time_proven, state.signed_at) for state in states] == [(True, STAMPED)] * 2
    assert len(set(authority.asked)) == 3  # whether it is there, and once for each signature


def test_copies_claim_their_time_and_ask_nobody(
    authority: Authority, keys: DemonstrationKeys, issued: Callable[..., Letter], units, person
) -> None:
    letter = issued(now=NOW)
    letter_send(letter=letter, units=[units["31-2025"]], by=person(Role.OPERATOR), now=NOW)
    authority.answers = "none"
    copies_make(now=lambda: NOW)
    states = verify(LETTERS.read(Dispatch.objects.get().copy_sha256), [keys.root])
    assert is_signed_letter(states)
    assert not any(state.is_time_proven for state in states)


@pytest.mark.parametrize("answers", ["none", "broken", "other"])
def test_without_a_time_stamp_nothing_is_issued_and_no_number_is_taken(
    authority: Authority, issued: Callable[..., Letter], answers: str
) -> None:
    authority.answers = answers
    with pytest.raises(SigningError, match="did not give a time stamp") as refused:
        issued(now=NOW)
    assert PASSWORD not in refused.value.explain()
    assert Letter.objects.get().state == LetterState.SUBMITTED
    assert not RegisterBook.objects.exists()


def test_an_authority_that_is_not_there_is_told_as_such(
    keys: DemonstrationKeys, settings, issued: Callable[..., Letter]
) -> None:
    server = TimeStampServer("http://127.0.0.1:1/tsr")
    settings.CENTER = dataclasses.replace(settings.CENTER, time_stamps=server)
    with pytest.raises(SigningError, match="did not give a time stamp"):
        issued(now=NOW)


def test_a_unit_without_keys_needs_no_authority(settings, issued: Callable[..., Letter]) -> None:
    server = TimeStampServer("http://127.0.0.1:1/tsr")
    settings.CENTER = dataclasses.replace(settings.CENTER, time_stamps=server)
    assert issued(now=NOW).is_issued
