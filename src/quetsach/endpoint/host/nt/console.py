"""How this process uses its console and restarts the machine, on the running Windows."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

from quetsach.endpoint.host.nt.ffi.console import NativeConsole, NativeShutdown
from quetsach.endpoint.host.nt.machine_restart import restart_machine as restarted_by
from quetsach.endpoint.host.nt.terminal import NtTerminal


def terminal() -> NtTerminal:
    """Return the console that this process was started from."""
    return NtTerminal(NativeConsole())


def restart_machine() -> bool:
    """Ask the system to restart; whether it agreed."""
    return restarted_by(NativeShutdown())


def obeys_sequences() -> bool:
    """Have the console obey colours and erasing, as terminals do; whether it does."""
    return NativeConsole().obey_sequences()
