"""Which files a command names."""

from pathlib import Path

import pytest

from quetsach.endpoint.collect.named_files import SEARCH_PATH, named_files, resolve_files
from quetsach.endpoint.collect.reading import Surroundings
from quetsach.endpoint.host.offline.mounted import MacHost
from quetsach.endpoint.host.offline.windows import WindowsTree
from quetsach.endpoint.host.posix.folder import PosixTree


def _named(command: str, home: bytes = b"/home/lan") -> list[str]:
    """Return what is named, without the places where bare words would be looked for."""
    places = tuple(folder.decode() for folder in SEARCH_PATH)
    paths = [path.decode() for path in named_files(command.encode(), home=home)]
    return [path for path in paths if path.rpartition("/")[0] not in places]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/a/b", ["/a/b"]),
        ("/a/b -x --config=/c/d", ["/a/b", "/home/lan/--config=/c/d", "/c/d"]),
        ("nohup /a/b >/dev/null 2>&1 &", ["/a/b", "/dev/null"]),
        ("sh -c '/a/b; /c'", ["/a/b; /c", "/a/b", "/c"]),
        ("sh -c 'cd /x; ./y'", ["/home/lan/cd /x; ./y", "/x", "/x/y"]),
        ('"/with space/x" y', ["/with space/x", "/with", "/home/lan/space/x"]),
        (r"/with\ space", ["/with space", "/with"]),
        ("'/a'/b", ["/a/b"]),
        ("~/x && $HOME/y || ${HOME}/z", ["/home/lan/x", "/home/lan/y", "/home/lan/z"]),
        ("cd /tmp/.x && ./run", ["/tmp/.x", "/tmp/.x/run"]),
        ("cd .x; ./run", ["/home/lan/.x/run"]),
        ("./run", ["/home/lan/run"]),
        ("(/a)|/b;`/c`&/d", ["/a", "/b", "/c", "/d"]),
        ("$(/a/b)", ["/a/b"]),
        ("LD_PRELOAD=/a.so:/b.so /c", ["/home/lan/LD_PRELOAD=/a.so:/b.so", "/a.so", "/b.so", "/c"]),
        ("/a/../b//c/./d", ["/b/c/d"]),
        ("/../../x", ["/x"]),
        ("//x", ["/x"]),
        ("", []),
        ("/", []),
        ("'/unclosed", ["/unclosed"]),
    ],
)
def test_paths_in_a_command(command: str, expected: list[str]) -> None:
    assert _named(command) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("rm -rf /tmp/evil /var/tmp/.x", []),
        ("sudo /bin/rm -f '/tmp/evil'; pkill -f /tmp/evil", []),
        ("rm -f /tmp/a; /tmp/evil -B", ["/tmp/evil"]),
        ("rm /tmp/a || sh /tmp/evil", ["/tmp/evil"]),
        ("sh -c 'rm -f /tmp/a;/tmp/evil'", ["/home/lan/rm -f /tmp/a;/tmp/evil", "/tmp/evil"]),
        ('rm "$(/tmp/evil)"', ["/home/lan/$(/tmp/evil)", "/tmp/evil"]),
        ("/tmp/rm /tmp/evil", ["/tmp/rm", "/tmp/evil"]),
        ("chattr +i /tmp/evil", ["/tmp/evil"]),
    ],
)
def test_what_a_command_only_removes_is_not_what_it_starts(command: str, expected: list[str]) -> None:
    assert _named(command) == expected


def test_a_bare_first_word_stands_for_a_program() -> None:
    assert list(named_files(b"FOO=1 miner arg; other")) == [
        *(folder + b"/miner" for folder in SEARCH_PATH),
        *(folder + b"/other" for folder in SEARCH_PATH),
    ]


def test_a_line_of_megabytes_is_cut() -> None:
    assert list(named_files(b"x " * 2_000_000 + b"/late"))[-1] != b"/late"


def test_links_are_followed_inside_the_root_and_both_names_kept(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to("/real")
    assert resolve_files(PosixTree(tmp_path), [b"/link"]) == (b"/link", b"/real")


def test_a_missing_file_is_kept_but_not_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert resolve_files(PosixTree(tmp_path), [b"/gone", b"/usr/bin/gone"]) == (b"/gone",)


def test_a_disk_that_knows_names_in_any_case_finds_a_bare_command_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "usr/local/bin").mkdir(parents=True)
    (tmp_path / "usr/local/bin/Updater").touch()
    mac = Surroundings(MacHost(WindowsTree(tmp_path)))
    assert mac.resolve(b"/usr/local/bin/updater")
    assert not mac.resolve(b"/usr/local/bin/another")
