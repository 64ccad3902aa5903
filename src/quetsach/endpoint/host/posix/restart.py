"""How a running POSIX system is started again."""

import shutil
import subprocess

_SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
_COMMANDS = (("systemctl", "reboot"), ("shutdown", "-r", "now"))
_TIMEOUT_SECONDS = 60


def restart_machine() -> bool:
    """Ask the system to restart; whether it agreed."""
    for name, *arguments in _COMMANDS:
        program = shutil.which(name, path=_SYSTEM_FOLDERS)
        if program is None:
            continue
        try:
            done = subprocess.run([program, *arguments], check=False, timeout=_TIMEOUT_SECONDS)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return True
    return False
