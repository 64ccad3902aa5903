"""A machine is known by its identifier, which is not kept as it is."""

from pathlib import Path

import pytest
from tests.infection import write

from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.store.state import machine_of
from quetsach.packs.specimen.hive import SZ
from quetsach.packs.specimen.windows import plant


def _linux(root: Path, content: bytes, path: bytes = b"/etc/machine-id") -> str:
    write(root, path, content)
    return machine_of(mounted_host(root))


def test_two_machines_differ_and_one_stays_itself(tmp_path: Path) -> None:
    one = _linux(tmp_path / "a", b"0123456789abcdef0123456789abcdef\n")
    assert one == _linux(tmp_path / "b", b"0123456789abcdef0123456789abcdef")
    assert one != _linux(tmp_path / "c", b"fedcba9876543210fedcba9876543210\n")
    assert (len(one), "0123456789abcdef" in one) == (32, False)


def test_the_identifier_of_dbus_counts_where_there_is_no_other(tmp_path: Path) -> None:
    assert _linux(tmp_path, b"abc\n", b"/var/lib/dbus/machine-id") != ""


@pytest.mark.parametrize("content", [b"", b"\n", b"uninitialized\n", b"x" * 200])
def test_a_system_that_was_never_started_has_none(tmp_path: Path, content: bytes) -> None:
    assert _linux(tmp_path, content) == ""


def test_windows_is_known_by_its_guid(tmp_path: Path) -> None:
    known = []
    for name, guid in (("a", "one"), ("b", "one"), ("c", "two")):
        (tmp_path / name).mkdir()
        plant(tmp_path / name, software={r"Microsoft\Cryptography": {"MachineGuid": (SZ, guid)}})
        known.append(machine_of(mounted_windows(tmp_path / name)))
    assert known[0] == known[1] != known[2]


def test_a_windows_whose_registry_cannot_be_read_has_none(tmp_path: Path) -> None:
    plant(tmp_path)
    (tmp_path / "Windows/System32/config/SOFTWARE").write_bytes(b"no hive")
    assert machine_of(mounted_windows(tmp_path)) == ""
