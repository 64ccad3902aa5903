"""The machine that this process runs on: each answer by the back end of its system.

Everything that needs the running system, or opens a mounted disk on it, comes through here.
"""

import sys

if sys.platform == "win32":
    from quetsach.endpoint.host.nt.machine import (
        MemoryBound,
        boot_id,
        check_private,
        close_to_others,
        default_state,
        devices_to_avoid,
        give_way,
        inside_path,
        is_elevated,
        lasting_disks,
        little_resident,
        live_host,
        log_event,
        make_private,
        mounts_now,
        obeys_sequences,
        open_mounted,
        real_path,
        restart_machine,
        running_processes,
        start_worker,
        starter,
        terminal,
        tree_path,
        unwritable,
    )
else:
    from quetsach.endpoint.host.offline.mounted import open_mounted, unwritable
    from quetsach.endpoint.host.posix.disk import check_private, close_to_others, make_private
    from quetsach.endpoint.host.posix.linux import (
        default_state,
        is_elevated,
        live_host,
        log_event,
        obeys_sequences,
        restart_machine,
        running_processes,
        terminal,
    )
    from quetsach.endpoint.host.posix.mounts import (
        devices_to_avoid,
        inside_path,
        lasting_disks,
        mounts_now,
        real_path,
        tree_path,
    )
    from quetsach.endpoint.host.posix.processes import boot_id
    from quetsach.endpoint.host.posix.workers import MemoryBound, give_way, little_resident, start_worker, starter

__all__ = [
    "SYSTEM",
    "MemoryBound",
    "boot_id",
    "check_private",
    "close_to_others",
    "default_state",
    "devices_to_avoid",
    "give_way",
    "inside_path",
    "is_elevated",
    "lasting_disks",
    "little_resident",
    "live_host",
    "log_event",
    "make_private",
    "mounts_now",
    "obeys_sequences",
    "open_mounted",
    "real_path",
    "restart_machine",
    "running_processes",
    "start_worker",
    "starter",
    "terminal",
    "tree_path",
    "unwritable",
]

SYSTEM = "windows" if sys.platform == "win32" else "linux"
"""The kind of system that this process runs on, as ``Host.platform`` names it."""
