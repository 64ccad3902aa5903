"""Sockets of a running Windows and the processes that hold them.

Sources: Microsoft Learn, "MIB_TCPROW_OWNER_PID", "MIB_TCP6ROW_OWNER_PID", "MIB_UDPROW_OWNER_PID",
"MIB_UDP6ROW_OWNER_PID".
"""

import ipaddress
import struct
from collections.abc import Iterator
from typing import Any

from quetsach.endpoint.host.nt.process_calls import ProcessCalls
from quetsach.endpoint.host.process import Socket

_STATES = (
    *("", "CLOSE", "LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING"),
    *("LAST_ACK", "TIME_WAIT", "DELETE_TCB"),
)
_NOBODY = {"tcp": "0.0.0.0:0", "tcp6": "[::]:0", "udp": "0.0.0.0:0", "udp6": "[::]:0"}
_TCP, _TCP6 = struct.Struct("<I4sI4sII"), struct.Struct("<16sII16sIIII")
_UDP, _UDP6 = struct.Struct("<4sII"), struct.Struct("<16sIII")


def sockets(calls: ProcessCalls) -> Iterator[Socket]:
    """Yield the sockets that the system lists, with the process that holds each."""
    for state, local, local_port, remote, remote_port, pid in _rows(_TCP, calls.tcp(is_new=False)):
        yield _tcp("tcp", state, _address(local, local_port), _address(remote, remote_port), pid)
    for local, _, local_port, remote, _, remote_port, state, pid in _rows(_TCP6, calls.tcp(is_new=True)):
        yield _tcp("tcp6", state, _address(local, local_port), _address(remote, remote_port), pid)
    for local, port, pid in _rows(_UDP, calls.udp(is_new=False)):
        yield Socket("udp", _address(local, port), _NOBODY["udp"], "LISTEN", 0, pid)
    for local, _, port, pid in _rows(_UDP6, calls.udp(is_new=True)):
        yield Socket("udp6", _address(local, port), _NOBODY["udp6"], "LISTEN", 0, pid)


def _rows(form: struct.Struct, table: bytes) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, which says first how many it has; no more than there are."""
    count = int.from_bytes(table[:4], "little")
    for number in range(min(count, (len(table) - 4) // form.size)):
        yield form.unpack_from(table, 4 + number * form.size)


def _tcp(protocol: str, state: int, local: str, remote: str, pid: int) -> Socket:
    word = _STATES[state] if state < len(_STATES) else ""
    return Socket(protocol, local, _NOBODY[protocol] if word == "LISTEN" else remote, word, 0, pid)


def _address(address: bytes, port: int) -> str:
    """Return an address of a table; its port is in the order of the network, in the lower half of a number."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    number = int.from_bytes((port & 0xFFFF).to_bytes(2, "little"), "big")
    return f"[{found}]:{number}" if ":" in str(found) else f"{found}:{number}"
