"""Whatever stands where settings are expected, a scan ends, accounts for it, and changes nothing."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.load import load_shelf

PACKS = load_shelf(Path(__file__).parents[2] / "packs")
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PLACES = [
    *("etc/passwd", "etc/crontab", "etc/cron.d/x", "etc/anacrontab", "etc/cron.daily/x", "var/spool/cron/crontabs/x"),
    *("etc/systemd/system/x.service", "etc/systemd/system/x.timer", "etc/systemd/system/x.service.d/y.conf"),
    *("etc/systemd/system/multi-user.target.wants/x.service", "etc/ld.so.preload", "root/.ssh/authorized_keys"),
    *("etc/ssh/sshd_config", "etc/rc.local", "etc/profile", "etc/profile.d/x.sh", "root/.bashrc", "tmp/x", "dev/shm/x"),
]
words = st.sampled_from(
    [
        b"* * * * * root ",
        b"@reboot ",
        b"/tmp/x",
        b"[Service]\n",
        b"ExecStart=",
        b"Unit=",
        b"x:x:0:0:x:/",
        b"~/",
        b"ssh-rsa ",
    ]
)
contents = st.lists(st.one_of(words, st.binary(max_size=12), st.just(b"\n")), max_size=25).map(b"".join)
targets = st.sampled_from(["/", ".", "..", "/tmp/x", "/etc", "x", "/nowhere", "../../../../../../etc/passwd"])
things = st.one_of(
    st.tuples(st.just("file"), contents),
    st.tuples(st.just("folder"), st.just(b"")),
    st.tuples(st.just("pipe"), st.just(b"")),
    st.tuples(st.just("link"), targets.map(os.fsencode)),
)


@contextlib.contextmanager
def _system(made: dict[str, tuple[str, bytes]]) -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        for place, (kind, content) in made.items():
            path = root / place
            with contextlib.suppress(OSError):  # an earlier thing stands in the way: that is hostile enough
                path.parent.mkdir(parents=True, exist_ok=True)
                match kind:
                    case "file":
                        path.write_bytes(content)
                    case "folder":
                        path.mkdir()
                    case "pipe":
                        os.mkfifo(path)
                    case _:
                        path.symlink_to(os.fsdecode(content))
        yield root
    finally:
        shutil.rmtree(root)


def _state(root: Path) -> list[tuple[str, int, int, int]]:
    return sorted(
        (str(path), state.st_mode, state.st_mtime_ns, state.st_size)
        for path in root.rglob("*")
        if (state := path.lstat())
    )


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(PLACES), things, max_size=len(PLACES)), st.sampled_from([Scope.QUICK, Scope.FULL])
)
def test_a_hostile_system_is_scanned_to_the_end_and_left_as_it_was(
    made: dict[str, tuple[str, bytes]], scope: Scope
) -> None:
    with _system(made) as root:
        before = _state(root)
        result = scan(mounted_host(root), PACKS, scope=scope, now=NOW)
        assert _state(root) == before
        regular = sum(path.is_file() and not path.is_symlink() for path in root.rglob("*"))
        if scope is Scope.FULL:
            assert result.files == regular
        assert result.findings == ()
