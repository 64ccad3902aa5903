r"""Checks on a real Windows what nothing else can judge: how the system itself behaves, with the tool's own back ends.

Usage, in a console of an administrator, and once more in one of an ordinary user:

    quetsach.exe -P check_on_windows.py --out result.json

It makes a folder of its own and removes it, a key of the registry below ``HKCU\Software``, and a task; it changes
nothing else. Each check says what is expected; what came out otherwise is told with its reason. The file comes back as
``data/windows/NAME.json``. It holds no names of people, files or machines.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import quetsach
from quetsach.endpoint.host.authenticode import microsoft_files
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.live import check_private, is_elevated, live_host, log_event, make_private, tree_path
from quetsach.endpoint.host.process import ProcessState
from quetsach.endpoint.host.registry import DeleteKey, DeleteValue, RegistryValue, SetValue, inverse

FORMAT = "quetsach-windows-check/1"
SYSTEM32 = Path(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
KEY = "Software\\QuetSachCheck"
TASK = "QuetSachCheck"


class OtherwiseError(Exception):
    """Something is not as it was expected."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what is expected, and what tries it. ``needs_administrator``: it says nothing without."""

    name: str
    expected: str
    run: Callable[[Path], str | None]
    needs_administrator: bool = False


CHECKS: list[Check] = []


def check(expected: str, *, needs_administrator: bool = False) -> Callable[[Callable[[Path], str | None]], None]:
    """Add a check; its name is that of its function, what it returns is told as a detail."""

    def add(run: Callable[[Path], str | None]) -> None:
        CHECKS.append(Check(run.__name__.replace("_", "-"), expected, run, needs_administrator))

    return add


def expect(holds: object, otherwise: str) -> None:
    """Raise ``OtherwiseError`` unless something holds."""
    if not holds:
        raise OtherwiseError(otherwise)


@check("a folder of the tool's own is for administrators and the system, or for this user, alone")
def private_folder(folder: Path) -> None:
    """Make one, and check it."""
    make_private(folder / "state")
    check_private(folder / "state")
    told = subprocess.run(["icacls", folder / "state"], capture_output=True, text=True, check=False).stdout
    expect("Everyone" not in told and "BUILTIN\\Users" not in told, "icacls names everybody")


@check("a file with a path of 400 characters is read, and a name with a dot at its end is told from one without")
def long_and_strange_names(folder: Path) -> None:
    """Make them past what old programs can."""
    long = Path(f"\\\\?\\{folder}", *["ă" * 60] * 6)
    long.mkdir(parents=True)
    (long / "x.bin").write_bytes(b"long")
    Path(f"\\\\?\\{folder}\\dot.").write_bytes(b"with")
    Path(f"{folder}\\dot").write_bytes(b"without")
    expect(_read(long / "x.bin") == b"long", "the long path reads otherwise")
    names = {entry.name for entry in _tree().scandir(_inside(folder))}
    expect({b"dot", b"dot."} <= names, "the two names are not told apart")


@check("a junction is a link: it is followed inside the tree, and never when a folder is opened as a folder")
def junctions(folder: Path) -> None:
    """Make one to a folder beside it."""
    (folder / "real").mkdir()
    (folder / "real" / "a.txt").write_bytes(b"inside")
    _command("cmd", "/c", "mklink", "/J", str(folder / "way"), str(folder / "real"))
    tree = _tree()
    expect(
        tree.resolve(_inside(folder / "way" / "a.txt")) == tree.resolve(_inside(folder / "real" / "a.txt")), "no link"
    )
    with tree.folder(_inside(folder)) as opened:
        try:
            opened.folder(b"way")
        except OSError:
            return
    raise OtherwiseError("a junction was opened as a folder")


@check("the streams of a file are listed beside it, and are kept with it")
def streams(folder: Path) -> None:
    """Write one by its name."""
    (folder / "a.txt").write_bytes(b"plain")
    Path(f"{folder}\\a.txt:evil.exe").write_bytes(b"MZ hidden")
    names = {entry.name for entry in _tree().scandir(_inside(folder))}
    expect(b"a.txt:evil.exe" in names, "the stream is not listed")


@check(
    "access list, owner, attributes, times, short name and streams are given back to the last bit",
    needs_administrator=True,
)
def everything_comes_back(folder: Path) -> None:
    """Clean the test file of EICAR from a file with all of them, and undo it."""
    target = folder / "thử nghiệm dài.com"
    target.write_bytes(EICAR)
    Path(f"{target}:note").write_bytes(b"of its owner")
    _command("icacls", str(target), "/deny", "*S-1-5-32-546:(W)")
    _command("attrib", "+h", str(target))
    os.utime(target, ns=(1_600_000_000_123_456_700, 1_500_000_000_765_432_100))
    before = _picture(target)
    state = ["--state", str(folder / "own")]
    code = _tool("clean", "--yes", *state, str(folder)).returncode
    expect(not target.exists(), f"clean ended with {code} and left the file: did another program take it first?")
    undone = _tool("undo", "--last", "--yes", *state)
    expect(undone.returncode == 0, f"undo ended with {undone.returncode}")
    expect(_picture(target) == before, "the file differs from what it was")


@check("the system's own processes are seen with their images; protected ones refuse their memory, and that is told")
def protected_processes(_folder: Path) -> str:
    """Ask for the memory of each."""
    processes = _processes()
    refused = read = 0
    for process in processes:
        try:
            with processes.open_memory(process.anchor):
                read += 1
        except OSError:
            refused += 1
    expect(read > 0, "no process at all can be read")
    return f"{read} readable, {refused} refused"


@check("a process is suspended, goes on, and ends, each as its state then says; its memory holds what it holds")
def a_process_of_our_own(_folder: Path) -> None:
    """Start one and act on it."""
    with subprocess.Popen([SYSTEM32 / "PING.EXE", "-n", "60", "127.0.0.1"], stdout=subprocess.DEVNULL) as child:
        processes = _processes()
        found = processes.read(child.pid)
        expect(found is not None, "it is not listed")
        anchor = found.anchor
        expect(anchor.executable.lower().endswith(b"ping.exe"), "its image has another name")
        expect(b"127.0.0.1" in b" ".join(found.arguments), "its command line is not told")
        expect(processes.suspend(anchor) and processes.state(anchor) is ProcessState.STOPPED, "it is not suspended")
        with processes.open_memory(anchor) as memory:
            expect(any(b"1\x002\x007\x00.\x00" in b"".join(run) for run in memory.runs()), "its memory is not read")
        expect(processes.resume(anchor), "it does not go on")
        expect(processes.kill(anchor) and processes.state(anchor) is ProcessState.DEAD, "it does not end")


@check("a value with a NUL in its name is written, read, removed and put back; so is a key with a list of who may")
def registry_names(_folder: Path) -> None:
    """Work below a key of our own."""
    registry = _host().registry
    name = registry.accounts()[0]
    key = f"HKU\\{name}\\{KEY}"
    value = RegistryValue("ẩn\0thật", 1, "C:\\x.exe\0".encode("utf-16-le"))
    try:
        registry.make(SetValue(key, value))
        registry.forget()
        expect(registry.value(key, value.name) == value, "it reads otherwise")
        back = inverse([DeleteKey(key)], registry)
        registry.make(DeleteKey(key))
        registry.forget()
        expect(not registry.exists(key), "the key is still there")
        for edit in back:
            registry.make(edit)
        registry.forget()
        expect(registry.value(key, value.name) == value, "it does not come back")
        registry.make(DeleteValue(key, value.name))
    finally:
        registry.make(DeleteKey(key))


@check("services are read from the manager and the registry; those that only one of them has are few and told")
def services(_folder: Path) -> str:
    """Compare both."""
    host = _host()
    keys = {name.upper() for name in host.registry.subkeys(r"HKLM\SYSTEM\CurrentControlSet\Services")}
    known = {name.upper() for name in host.services.listed()}
    expect(len(known) > 50, "the manager tells of hardly any")
    return f"{len(keys)} keys, {len(known)} known to the manager, {len(known - keys)} hidden from the registry"


@check("a task leaves file and TaskCache when the scheduler is told to forget it", needs_administrator=True)
def tasks(_folder: Path) -> None:
    """Make one by schtasks and have it forgotten."""
    host = _host()
    _command("schtasks", "/create", "/tn", TASK, "/tr", "cmd /c exit", "/sc", "once", "/st", "23:59", "/f")
    cached = rf"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree\{TASK}"
    expect(host.registry.exists(cached), "TaskCache does not have it")
    expect(not host.tasks.forget(f"\\{TASK}"), "the scheduler still knows it")
    host.registry.forget()
    expect(not host.registry.exists(cached), "TaskCache still has it")
    expect(not host.tree.exists(f"/Windows/System32/Tasks/{TASK}".encode()), "its file is still there")


@check("programs of Windows that are signed by a catalogue are known to be Microsoft's own and unchanged")
def signed_by_catalogue(_folder: Path) -> str:
    """Check what has a signature in itself, and what has one elsewhere."""
    paths = [_tree().resolve(f"/Windows/System32/{name}".encode()) for name in ("ntdll.dll", "cmd.exe", "notepad.exe")]
    found = microsoft_files(_tree(), paths)
    missing = [path.decode() for path in paths if path not in found or not found[path].is_intact]
    expect(not missing, f"not known: {', '.join(missing)}")
    return f"{len(found)} of {len(paths)}"


@check(
    "a file to be removed at the next start stands at the end of the list, and is taken out again",
    needs_administrator=True,
)
def removal_at_restart(folder: Path) -> None:
    """Put one there and take it back."""
    (folder / "later.bin").write_bytes(b"x")
    queue, path = _host().restart_queue, _inside(folder / "later.bin")
    expect(queue.remove(path) and queue.holds(path), "it is not in the list")
    expect(queue.withdraw(path) and not queue.holds(path), "it stays in the list")


@check("an event is in the log Application")
def event_log(_folder: Path) -> None:
    """Write one and ask for it."""
    log_event(999, "check", is_warning=False)
    time.sleep(1)
    query = "*[System[Provider[@Name='QuetSach'] and (EventID=999)]]"
    told = subprocess.run(
        ["wevtutil", "qe", "Application", f"/q:{query}", "/c:1", "/f:text"], capture_output=True, check=False
    )
    expect(b"999" in told.stdout, "wevtutil does not find it")


@check("a quick scan of a Windows that nobody infected finds nothing, in less than a minute")
def quick_scan(folder: Path) -> str:
    """Look at the machine."""
    begun = time.monotonic()
    ended = _tool("scan", "--quick", "--json", "--state", str(folder / "scan"))
    report = json.loads(ended.stdout)
    seconds = time.monotonic() - begun
    expect(not report["findings"], f"{len(report['findings'])} findings: look at them before you send this")
    expect(seconds < 60, f"it took {seconds:.0f} s")
    scan = report["scan"]
    counts = ", ".join(f"{scan[name]} {name}" for name in ("files", "footholds", "processes"))
    return f"{seconds:.1f} s, {counts}, gaps {scan['gaps']}"


QUESTIONS = (
    "UAC named 'Quét Sạch' and its publisher when the window was started",
    "SmartScreen let the download start after 'More info'",
    "Microsoft Defender took nothing of the tool away",
    "the window shows Vietnamese, and the reader (Narrator) reads its buttons",
    "after the driver of the screen was set to 150 % the window is sharp",
    "in Safe Mode the window starts and a quick scan ends",
    "from a USB stick without installation the window starts and a quick scan ends",
)
"""What only a person sees; each is asked, and answered with yes, no or nothing."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the checks and write the file; 0 when all came out as expected."""
    parser = argparse.ArgumentParser(description="checks on a real Windows")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--only", metavar="NAME", help="one check")
    parser.add_argument("--ask", action="store_true", help="ask what only a person sees, too")
    arguments = parser.parse_args(words)
    if platform.system() != "Windows":
        parser.error("this is no Windows")
    is_administrator = is_elevated()
    told = [_tried(one, is_administrator=is_administrator) for one in CHECKS if arguments.only in (None, one.name)]
    answers = {question: input(f"{question}? [yes/no/enter] ") for question in QUESTIONS} if arguments.ask else {}
    document = {
        "format": FORMAT,
        "system": _system(is_administrator=is_administrator),
        "checks": told,
        "answers": answers,
    }
    arguments.out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0 if all(one["outcome"] != "otherwise" for one in told) else 1


def _tried(one: Check, *, is_administrator: bool) -> dict[str, Any]:
    begun, detail = time.monotonic(), ""
    if one.needs_administrator and not is_administrator:
        outcome = "not run"
    else:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            try:
                outcome, detail = "as expected", one.run(Path(name).resolve()) or ""
            except OtherwiseError as error:
                outcome, detail = "otherwise", str(error)
            except Exception as error:  # noqa: BLE001  (whatever it is, the file has to come back)
                last = traceback.extract_tb(error.__traceback__)[-1]
                outcome, detail = (
                    "otherwise",
                    f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {error}",
                )
        detail = (
            detail.replace(name, "FOLDER")
            .replace(str(Path(name).resolve()), "FOLDER")
            .replace(str(Path.home()), "HOME")
        )
    print(f"{outcome:12} {one.name}: {detail}", flush=True)
    seconds = round(time.monotonic() - begun, 2)
    return {"name": one.name, "expected": one.expected, "outcome": outcome, "detail": detail, "seconds": seconds}


def _system(*, is_administrator: bool) -> dict[str, Any]:
    return {
        "windows": platform.version(),
        "edition": platform.win32_edition(),
        "machine": platform.machine(),
        "administrator": is_administrator,
        "encoding": sys.stdout.encoding,
        "tool": quetsach.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def _host() -> Any:
    return live_host()


def _tree() -> Any:
    return _host().tree


def _processes() -> Any:
    return _host().processes


def _inside(path: Path) -> bytes:
    return tree_path(path)


def _read(path: Path) -> bytes:
    content: bytes = _tree().read(_inside(Path(str(path).removeprefix("\\\\?\\"))), 1 << 20)
    return content


def _picture(path: Path) -> tuple[object, ...]:
    host = _host()
    descriptor = host.tree.open_read(_inside(path))
    try:
        state = host.files.state(descriptor)
        return state.mtime_ns, dict(state.xattrs), hash_file(descriptor)
    finally:
        os.close(descriptor)


def _tool(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "quetsach.cli.main", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def _command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
