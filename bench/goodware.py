"""Goodware is left alone: this machine, and the programs of popular Windows packages, scanned with the shelf's packs.

Beside them looks a deliberately wrong pack that hits every program: its plan must be held or stopped by the mass brake.
Nothing is changed. The Windows wheels of ``goodware.toml`` are fetched once into ``build/goodware``.

Usage: python bench/goodware.py [FOLDER…] (default: the whole of this machine, and the wheels)
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind, Pack, Trait
from quetsach.core.text import LocalText
from quetsach.endpoint import MassBrakeError
from quetsach.endpoint.artefact import Finding, MemberAnchor, place_of, printable
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.linux import live_host
from quetsach.endpoint.plan.plan import check_brake, make_plan
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.load import load_shelf

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = REPOSITORY / "build" / "goodware"
EVERY = frozenset({"linux", "windows", "macos"})
SHELF = tuple(replace(pack, platforms=EVERY) for pack in load_shelf(REPOSITORY / "packs") if pack.traits)
"""All packs, each on every system: a rule of Windows is tried on the files of Linux too."""
SPECIMENS = tuple(os.fsencode(folder) + b"/" for folder in (REPOSITORY, tempfile.gettempdir(), "/var/tmp", "/dev/shm"))
"""Where tests leave harmless specimens, which are found and not goodware."""

WRONG = Pack(
    family="wrong",
    version="1",
    name=LocalText("Gói sai", "Wrong pack"),
    platforms=EVERY,
    severity="high",
    aliases=(),
    references=(),
    author="bench",
    licence="Apache-2.0",
    rules="rule program { condition: uint32be(0) == 0x7f454c46 or uint16be(0) == 0x4d5a }",
    traits=(
        Trait("program", ArtefactKind.FILE, Action.QUARANTINE, LocalText("sai", "wrong"), rule="program"),
        Trait("process", ArtefactKind.PROCESS, Action.KILL, LocalText("sai", "wrong"), rule="program"),
    ),
    guidance=LocalText("", ""),
    digest="0" * 64,
)


def main() -> None:
    """Scan each goodware, print what it comes to, and end with 1 when anything would be acted on."""
    folders = [Path(name).resolve() for name in sys.argv[1:]]
    print(f"packs: {', '.join(f'{pack.family} {pack.version}' for pack in SHELF)}, and the wrong one")
    if folders:
        acted = look("folders", live_host(), Scope.PATHS, [os.fsencode(folder) for folder in folders])
    else:
        acted = look("this machine, whole", live_host(), Scope.FULL, [])
        tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
        root = windows_tree(tables["wheels"])
        acted += look(f"{len(tables['wheels'])} Windows packages", open_mounted(root), Scope.FULL, [])
    print(f"actions on goodware: {acted} (target 0): {'pass' if acted == 0 else 'MISS'}")
    sys.exit(acted > 0)


def look(title: str, host: Host, scope: Scope, paths: list[bytes]) -> int:
    """Scan, print a paragraph, and return how many actions would be taken."""
    wall, cpu = time.monotonic(), cpu_seconds()
    seen = scan(host, (*SHELF, WRONG), scope=scope, now=datetime.now(UTC), paths=paths, jobs=2)
    wall, cpu = time.monotonic() - wall, cpu_seconds() - cpu
    wrong = tuple(finding for finding in seen.findings if finding.family == WRONG.family)
    found = tuple(f for f in seen.findings if f.family != WRONG.family and not is_specimen(f))
    programs = Counter(program_kind(host, f) for f in wrong if f.artefact.kind is ArtefactKind.FILE)
    print(f"\n{title}: {seen.files:,} files, {seen.bytes_read / 1e9:.2f} GB, {cpu:.1f} CPU s, {wall:.1f} s")
    print(f"  programs: {', '.join(f'{kind} {count:,}' for kind, count in sorted(programs.items()))}")
    for name, reasons in (("failed", seen.failed), ("left out by rule", seen.skipped)):
        print(f"  {name}: {', '.join(f'{reason} {count:,}' for reason, count in sorted(reasons.items())) or 'nothing'}")
    acted = 0
    for name, findings in (("shelf", found), ("wrong pack", wrong)):
        told, actions = verdict(findings, host)
        acted += actions
        print(f"  {name}: {len(findings):,} findings, {told}")
    for finding in found:
        print(f"    {finding.family}: {printable(place_of(finding.artefact.anchor))} ({finding.evidence})")
    return acted


def verdict(findings: tuple[Finding, ...], host: Host) -> tuple[str, int]:
    """Return what a clean-up would do about findings, in words, and how many steps it would take."""
    plan = make_plan(findings, host, CACHE / "state")
    holds = Counter(held.hold for held in plan.held)
    told = ", ".join(
        (*(f"held as {hold} {count:,}" for hold, count in sorted(holds.items())), f"steps {len(plan.steps):,}")
    )
    try:
        check_brake(plan, findings)
    except MassBrakeError:
        return f"{told}, stopped by the mass brake: 0 actions", 0
    return f"{told}: {len(plan.steps)} actions", len(plan.steps)


def is_specimen(finding: Finding) -> bool:
    """Return whether a finding is about what tests of this repository left behind."""
    return place_of(finding.artefact.anchor).startswith(SPECIMENS)


def program_kind(host: Host, finding: Finding) -> str:
    """Return ELF or PE, or that it lies in an archive."""
    anchor = finding.artefact.anchor
    if isinstance(anchor, MemberAnchor):
        return "in archives"
    try:
        descriptor = host.tree.open_read(place_of(anchor))
    except OSError:
        return "gone"
    with os.fdopen(descriptor, "rb") as file:
        return "PE" if file.read(2) == b"MZ" else "ELF"


def windows_tree(wheels: list[list[str]]) -> Path:
    """Return a Windows drive with the content of the wheels; each is fetched and checked once."""
    root, fetched = CACHE / "windows", CACHE / "wheels"
    (root / "Windows" / "System32" / "config").mkdir(parents=True, exist_ok=True)
    fetched.mkdir(parents=True, exist_ok=True)
    if len(list(fetched.glob("*.whl"))) < len(wheels):
        fetch(wheels, fetched)
    for wheel in sorted(fetched.glob("*.whl")):
        target = root / "Program Files" / wheel.stem
        if not target.exists():
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(target)
    return root


def fetch(wheels: list[list[str]], folder: Path) -> None:
    """Fetch wheels with pip, which checks their hashes; pip gets an environment of its own, as ours has none."""
    subprocess.run([sys.executable, "-m", "venv", CACHE / "pip"], check=True)
    pins = CACHE / "requirements.txt"
    pins.write_text("".join(f"{name}=={version} --hash=sha256:{digest}\n" for name, version, digest in wheels))
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    options += ["--platform", "win_amd64", "--python-version", "3.13"]
    pip = CACHE / "pip" / "bin" / "pip"
    subprocess.run([pip, "download", *options, "--dest", folder, "--requirement", pins], check=True)


def cpu_seconds() -> float:
    """Return what this process and its ended children used."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
