"""The state folder on Windows: made for us alone, and one that others made or opened is not used."""

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fake_ntfs import USERS, FakeNtfs, built
from tests.nt_machine import USER, junction

from quetsach.core.text import Text
from quetsach.endpoint.host.nt.security import (
    ADMINISTRATORS,
    LINK,
    OPEN_TO_OTHERS,
    OTHERS,
    SYSTEM_SID,
    Descriptor,
    PrivateFolders,
    guard_of,
    private,
    trusted_by,
)

PATH = "\\??\\C:\\ProgramData\\QuetSach"
AT = "ProgramData/QuetSach"


@dataclass(frozen=True)
class Rights:
    """Satisfies ``RightsCalls``."""

    is_admin: bool = True
    is_half: bool = True

    def is_administrator(self) -> bool:
        return self.is_admin

    def is_elevated_half(self) -> bool:
        return self.is_half

    def user(self) -> bytes:
        return USER

    def enable(self, *privileges: str) -> frozenset[str]:
        return frozenset(privileges)


@pytest.fixture
def calls(tmp_path: Path) -> FakeNtfs:
    made = FakeNtfs(tmp_path / "disk")
    made.folder("ProgramData")
    return made


def folders(calls: FakeNtfs, rights: Rights = Rights()) -> PrivateFolders:
    return PrivateFolders(calls, trusted_by(rights))


def test_a_folder_is_made_with_its_list_and_owner(calls: FakeNtfs) -> None:
    folders(calls).make(PATH)
    found = Descriptor.of(calls.find(AT).security)
    assert (found.owner, found.control & 0x1000) == (ADMINISTRATORS, 0x1000)
    assert folders(calls).fault(PATH) is None
    calls.file(f"{AT}/key", b"k")
    folders(calls).make(PATH)
    assert folders(calls).fault(PATH) is None


@pytest.mark.parametrize(
    ("security", "fault"),
    [
        (private(USER, SYSTEM_SID), OTHERS),
        (private(ADMINISTRATORS, SYSTEM_SID, USER), OPEN_TO_OTHERS),
        (private(SYSTEM_SID, USERS), OPEN_TO_OTHERS),
        (built(ADMINISTRATORS, b"", None), OPEN_TO_OTHERS),
        (private(SYSTEM_SID, ADMINISTRATORS), None),
    ],
)
def test_a_folder_that_others_own_or_may_use_is_refused(calls: FakeNtfs, security: bytes, fault: Text | None) -> None:
    calls.folder(AT).security = security
    calls.file(f"{AT}/key", b"k")
    assert folders(calls).fault(PATH) == fault


def test_who_is_an_administrator_by_a_question_does_not_trust_their_own_programs(calls: FakeNtfs) -> None:
    calls.folder(AT).security = private(USER, SYSTEM_SID)
    assert folders(calls).fault(PATH) == OTHERS
    assert folders(calls, Rights(is_half=False)).fault(PATH) is None
    assert folders(calls, Rights(is_admin=False)).fault(PATH) is None


def test_without_rights_a_folder_is_made_for_the_user(calls: FakeNtfs) -> None:
    folders(calls, Rights(is_admin=False)).make(PATH)
    assert Descriptor.of(calls.find(AT).security).owner == USER
    assert folders(calls).fault(PATH) == OTHERS


@pytest.mark.parametrize("kind", ["junction", "file"])
def test_a_link_or_file_in_its_place_is_refused(calls: FakeNtfs, kind: str) -> None:
    if kind == "junction":
        calls.folder("elsewhere").security = private(ADMINISTRATORS, SYSTEM_SID)
        calls.reparse_at(AT, junction("C:\\elsewhere")).security = private(ADMINISTRATORS, SYSTEM_SID)
    else:
        calls.file(AT, security=private(ADMINISTRATORS, SYSTEM_SID))
    assert folders(calls).fault(PATH) == LINK


def test_a_disk_that_keeps_no_lists_keeps_no_secrets(calls: FakeNtfs) -> None:
    calls.add("E:", file_system="FAT32", flags=6)
    calls.folder("E:/QuetSach").security = private(ADMINISTRATORS, SYSTEM_SID)
    assert folders(calls).fault("\\??\\E:\\QuetSach") == OPEN_TO_OTHERS


def test_our_own_empty_folder_is_closed_to_others(calls: FakeNtfs) -> None:
    calls.folder(AT).security = private(ADMINISTRATORS, SYSTEM_SID, USERS)
    assert folders(calls).fault(PATH) is None
    folders(calls).close(PATH)
    calls.file(f"{AT}/key", b"k")
    assert folders(calls).fault(PATH) is None
    assert Descriptor.of(calls.find(AT).security).dacl == Descriptor.of(guard_of(trusted_by(Rights()))).dacl


def test_a_list_that_is_not_taken_is_noticed(calls: FakeNtfs) -> None:
    calls.folder(AT).security = private(ADMINISTRATORS, SYSTEM_SID, USERS)
    calls.lies = True
    with pytest.raises(PermissionError):
        folders(calls).close(PATH)


def test_a_folder_of_somebody_else_is_not_changed(calls: FakeNtfs) -> None:
    calls.folder(AT).security = private(USER, USERS)
    folders(calls).close(PATH)
    assert calls.find(AT).security == private(USER, USERS)


def test_sids_are_what_microsoft_says() -> None:
    assert struct.pack("<BB6s2I", 1, 2, b"\0\0\0\0\0\5", 32, 544) == ADMINISTRATORS
    assert struct.pack("<BB6sI", 1, 1, b"\0\0\0\0\0\5", 18) == SYSTEM_SID
