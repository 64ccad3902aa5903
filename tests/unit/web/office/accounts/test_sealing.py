"""Facts open for whoever names the address, with this centre's key, in their own list; nothing else opens them."""

import secrets
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quetsach.campaign.accounts import AccountError, Facts, Sighting
from quetsach.storage import StorageError
from quetsach.web.office.accounts.sealing import FILE, AccountKey, owner_token, read_owner_token

ADDRESSES = st.from_regex(r"[a-z0-9.+-]{1,30}@[a-z]{1,20}\.vn", fullmatch=True)
KEY = AccountKey(b"k" * 64)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ADDRESSES, ADDRESSES, st.lists(st.builds(Sighting, st.text(max_size=40), st.none(), st.text(max_size=40))))
def test_facts_open_for_their_address_alone(address: str, other: str, sightings: list[Sighting]) -> None:
    facts, salt = Facts.of(sightings), secrets.token_bytes(16)
    sealed = KEY.seal(facts, address=address, salt=salt)
    assert KEY.unseal(sealed, address=address, salt=salt) == facts
    assert address.encode() not in sealed
    assert KEY.unseal(sealed, address=address, salt=secrets.token_bytes(16)) is None
    assert AccountKey(b"l" * 64).unseal(sealed, address=address, salt=salt) is None
    if other != address:
        assert KEY.unseal(sealed, address=other, salt=salt) is None
        assert KEY.look_up(other) != KEY.look_up(address)


def test_few_and_some_sightings_have_one_length() -> None:
    few, some = Facts.of([Sighting("a.vn")]), Facts.of([Sighting("a.vn"), Sighting("mail.example", None, "Lumma")])
    lengths = {len(KEY.seal(facts, address="lan@example.vn", salt=b"s" * 16)) for facts in (few, some)}
    assert len(lengths) == 1


def test_what_a_file_is_known_by_needs_the_key() -> None:
    assert KEY.digest(b"a") != AccountKey(b"l" * 64).digest(b"a")


def test_the_key_is_made_once_and_is_private(centre: Path) -> None:
    made = AccountKey.make()
    assert AccountKey.make() == AccountKey.read() == made
    assert (centre / FILE).stat().st_mode & 0o077 == 0
    assert made.secret.decode() not in repr(made)


def test_a_key_that_is_missing_or_cut_is_told(centre: Path) -> None:
    with pytest.raises(AccountError):
        AccountKey.read()
    (centre / FILE).write_bytes(b"short")
    with pytest.raises(StorageError):
        AccountKey.read()


def test_a_link_of_erasure_is_written_by_the_centre_alone() -> None:
    token = owner_token(b"\1" * 32)
    assert read_owner_token(token) == b"\1" * 32
    assert read_owner_token(token[:-1]) is None
    assert read_owner_token("00" * 32) is None
