"""How a running Windows is started again. What it answers is not believed: it is asked once more.

It says that a restart is planned already, or goes on, once there is one (winerror.h). Wine says yes and does nothing.
"""

from quetsach.endpoint.host.nt.console_calls import ShutdownCalls

SECONDS = 5
"""So long people are told before it begins."""

_IS_UNDER_WAY = frozenset({1115, 1190})  # ERROR_SHUTDOWN_IN_PROGRESS, ERROR_SHUTDOWN_IS_SCHEDULED


def restart_machine(calls: ShutdownCalls) -> bool:
    """Ask the system to restart; whether it agreed."""
    first = calls.restart(SECONDS)
    return first in _IS_UNDER_WAY or (first == 0 and calls.restart(SECONDS) in _IS_UNDER_WAY)
