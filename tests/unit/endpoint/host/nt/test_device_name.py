"""Names that the kernel tells, as paths of the tree."""

import pytest

from quetsach.endpoint.host.nt.names import is_of_the_tree, tree_path

DRIVES = {r"\Device\HarddiskVolume3": "C:", r"\Device\HarddiskVolume31": "E:"}


@pytest.mark.parametrize(
    ("name", "path", "is_found"),
    [
        (r"\Device\HarddiskVolume3\a\b", b"/a/b", True),
        (r"\device\HARDDISKVOLUME3\a", b"/a", True),
        (r"\Device\HarddiskVolume31\a", b"/E:/a", True),
        (r"\Device\HarddiskVolume4\a", b"/HarddiskVolume4:/a", False),
        (r"\Device\CdRom0\a", b"/CdRom0:/a", False),
        (r"\Device\Mup\may\chung\a", b"/Mup:/may/chung/a", False),
        (r"\\may\chung\a", b"/Mup:/may/chung/a", False),
        ("c:\\", b"/", True),
        ("f:\\a", b"/F:/a", True),
        ("C:\\Người dùng\\\ud800", "/Người dùng/\ud800".encode("utf-8", "surrogatepass"), True),
        ("", b"", False),
    ],
)
def test_names_become_paths(name: str, path: bytes, is_found: bool) -> None:
    assert tree_path(name, DRIVES, "C:") == path
    assert is_of_the_tree(path) is is_found
