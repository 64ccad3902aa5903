"""By which other paths a file is reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.host.posix.mounts import mounts_now, parse_mounts
from quetsach.endpoint.host.tree import Mount, other_paths

TABLE = b"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:1 /etc /opt/my\\040etc rw shared:1 - ext4 /dev/sda1 rw
31 22 8:2 / /home rw - ext4 /dev/sda2 rw
32 22 8:2 /an /srv/an rw - ext4 /dev/sda2 rw
broken
"""


@pytest.mark.parametrize(
    ("path", "others"),
    [
        (b"/opt/my etc/passwd", [b"/etc/passwd"]),
        (b"/etc/passwd", [b"/opt/my etc/passwd"]),
        (b"/etcetera", []),
        (b"/home/an/x", [b"/srv/an/x"]),
        (b"/home/anh/x", []),
        (b"/srv/an", [b"/home/an"]),
    ],
)
def test_a_file_is_reached_by_every_mount_of_its_file_system(path: bytes, others: list[bytes]) -> None:
    assert list(other_paths(path, parse_mounts(TABLE))) == others


def test_a_mount_over_another_one_is_the_one_that_counts() -> None:
    mounts = (Mount(b"8:1", b"", b""), Mount(b"8:2", b"", b"/x"), Mount(b"8:1", b"/etc", b"/x"))
    assert list(other_paths(b"/x/passwd", mounts)) == [b"/etc/passwd"]


def test_this_system_is_mounted_somewhere() -> None:
    assert mounts_now()


@given(st.binary(max_size=200))
def test_no_text_makes_it_fail(content: bytes) -> None:
    list(other_paths(b"/x", parse_mounts(b"1 2 8:1 / / rw\n" + content)))
