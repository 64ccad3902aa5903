"""Runs a command with the system calls that a unit leaves it: ``confined.py UNIT COMMAND …``.

What ``SystemCallFilter`` and ``RestrictAddressFamilies`` say is put on by libseccomp, as systemd does it; every other
call is answered with "not permitted".
"""

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_EQUAL = 4
_NO_NEW_PRIVILEGES = 38


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("mask", ctypes.c_uint64),
    )


def calls_of(group: str) -> set[str]:
    """Return the system calls of one of systemd's groups, and of those that it names."""
    words = ["systemd-analyze", "syscall-filter", group]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    found = {line.strip() for line in lines if line.strip() and not line.strip().startswith("#")}
    inner = {name for name in found if name.startswith("@")}
    return (found - inner).union(*(calls_of(name) for name in inner))


def confine(calls: set[str], families: list[int]) -> None:
    """Leave this process, and what it becomes, these calls and sockets of these families alone."""
    library, libc = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None)
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(_REFUSE))

    def allow(number: int, *comparisons: _Comparison) -> None:
        array = (_Comparison * len(comparisons))(*comparisons)
        assert library.seccomp_rule_add_array(rules, _ALLOW, number, len(comparisons), array) == 0

    for name in calls:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if name == "socket":
            for family in families:
                allow(number, _Comparison(0, _EQUAL, family, 0))
        elif number >= 0:  # else it is of another kind of machine
            allow(number)
    assert libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    assert library.seccomp_load(rules) == 0


def main(unit: str, *command: str) -> None:
    """Become the command."""
    said = dict(re.findall(r"^(SystemCallFilter|RestrictAddressFamilies)=(.*)$", Path(unit).read_text(), re.MULTILINE))
    families = [int(getattr(socket, name)) for name in said["RestrictAddressFamilies"].split()]
    confine(calls_of(said["SystemCallFilter"]), families)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
