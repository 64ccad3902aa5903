"""Sockets of a running Linux and the processes that hold them (``proc_pid_net(5)``, ``proc_pid_fd(5)``).

Only the network namespace of this process is seen: a container has its own.
"""

import ipaddress
import os
import re
import sys
from collections.abc import Iterator, Mapping

from quetsach.endpoint.host.process import Socket

PROTOCOLS = ("tcp", "tcp6", "udp", "udp6")

_TABLE_LIMIT_BYTES = 16 << 20
_MOST_DESCRIPTORS = 500_000
_LINE = re.compile(
    rb"\s*\d{1,10}: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2})"
    rb" \S+ \S+ \S+ +\d{1,10} +\d{1,10} (\d{1,20})[ \n]"
)
_STATES = (  # include/net/tcp_states.h
    *("", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT"),
    *("LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"),
)


def sockets(proc: bytes) -> Iterator[Socket]:
    """Yield the sockets that ``/proc`` below this path lists, with the first process that holds each."""
    holders = _holders(proc)
    for protocol in PROTOCOLS:
        for found in parse_table(protocol, _read(proc + b"/net/" + protocol.encode())):
            pid = holders.get(found.inode, 0)
            yield Socket(found.protocol, found.local, found.remote, found.state, found.inode, pid)


def parse_table(protocol: str, content: bytes) -> Iterator[Socket]:
    """Yield the sockets of a table such as ``/proc/net/tcp``; lines of another form are passed over."""
    for line in content.split(b"\n")[1:]:
        found = _LINE.match(line + b"\n")
        if found is None:
            continue
        state = int(found[5], 16)
        word = _STATES[state] if state < len(_STATES) else ""
        if protocol.startswith("udp"):
            word = "ESTABLISHED" if state == 1 else "LISTEN"  # an unconnected one takes what comes
        local, remote = _address(found[1], found[2]), _address(found[3], found[4])
        yield Socket(protocol, local, remote, word, int(found[6]))


def _address(address: bytes, port: bytes) -> str:
    """Return an address of the table: words of 32 bits, each in the byte order of the machine."""
    raw = bytes.fromhex(address.decode())
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    found = ipaddress.ip_address(raw)
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    text = str(found)
    return f"[{text}]:{int(port, 16)}" if ":" in text else f"{text}:{int(port, 16)}"


def _holders(proc: bytes) -> Mapping[int, int]:
    """Return inode of a socket -> number of the process that holds it; of several the lowest number."""
    holders: dict[int, int] = {}
    left = _MOST_DESCRIPTORS
    for pid in sorted(int(name) for name in _names(proc) if name.isdigit()):
        folder = b"%s/%d/fd" % (proc, pid)
        for name in _names(folder):
            left -= 1
            if left < 0:
                return holders
            target = _link(folder + b"/" + name)
            if target.startswith(b"socket:[") and (inode := target[8:-1]).isdigit():
                holders.setdefault(int(inode), pid)
    return holders


def _names(folder: bytes) -> list[bytes]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # the process ended, or is another user's


def _link(path: bytes) -> bytes:
    try:
        return os.readlink(path)
    except OSError:
        return b""


def _read(path: bytes) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_TABLE_LIMIT_BYTES)
    except OSError:
        return b""
