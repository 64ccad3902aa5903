"""What no recipe may take from a Linux: without it nothing starts, nobody signs in, or nothing vouches for files."""

import pytest

from quetsach.core.pack import Action
from quetsach.endpoint.plan.protection import is_protected_path

ONLY_EDITED = (
    b"/etc/profile",
    b"/etc/sudoers.d/admins",
    b"/etc/network/interfaces",
    b"/root/.ssh/authorized_keys",
    b"/home/lan/.ssh/authorized_keys",
)
NEVER = (
    b"/etc/crypttab",
    b"/var/lib/dpkg/status",
    b"/var/lib/dpkg/info/sudo.md5sums",
    b"/var/lib/rpm/rpmdb.sqlite",
    b"/usr/lib/sysimage/rpm/Packages.db",
    b"/lib/apk/db/installed",
)


@pytest.mark.parametrize("path", [*ONLY_EDITED, *NEVER])
def test_the_file_itself_never_goes(path: bytes) -> None:
    assert is_protected_path(path, "linux", Action.QUARANTINE)


@pytest.mark.parametrize("path", ONLY_EDITED)
def test_a_line_may_be_taken_out_of_what_people_edit(path: bytes) -> None:
    assert not is_protected_path(path, "linux", Action.REMOVE_LINE)


@pytest.mark.parametrize("path", NEVER)
def test_not_even_a_line_of_what_vouches_for_others(path: bytes) -> None:
    assert is_protected_path(path, "linux", Action.REMOVE_LINE)


@pytest.mark.parametrize(
    "path", [b"/etc/profile.d/x.sh", b"/home/lan/.ssh/x", b"/var/lib/dpkgx", b"/home/a/b/.ssh/authorized_keys/x"]
)
def test_what_lies_beside_it_may_go(path: bytes) -> None:
    assert not is_protected_path(path, "linux", Action.QUARANTINE)
