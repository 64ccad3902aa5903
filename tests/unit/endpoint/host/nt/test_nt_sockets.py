"""Tables of sockets of Windows."""

import struct
from ipaddress import ip_address

from tests.fake_windows_processes import PlayedCalls

from quetsach.endpoint.host.nt.process_calls import sockets
from quetsach.endpoint.host.process import Socket


def _port(number: int) -> int:
    return int.from_bytes(number.to_bytes(2, "big"), "little") | 0xABCD0000  # the upper half is anything


def _packed(text: str) -> bytes:
    return ip_address(text).packed


def test_sockets_are_told_with_their_owners() -> None:
    calls = PlayedCalls()
    calls.tables = {
        "tcp": struct.pack("<I", 2)
        + struct.pack("<I4sI4sII", 5, _packed("10.0.0.5"), _port(49152), _packed("203.0.113.7"), _port(443), 700)
        + struct.pack("<I4sI4sII", 2, bytes(4), _port(4444), _packed("9.9.9.9"), _port(9), 701),
        "tcp6": struct.pack("<I", 1)
        + struct.pack(
            "<16sII16sIIII", _packed("::ffff:10.0.0.5"), 0, _port(80), _packed("2001:db8::1"), 3, _port(8080), 11, 0
        ),
        "udp": struct.pack("<I", 1) + struct.pack("<4sII", bytes(4), _port(53), 9),
        "udp6": struct.pack("<I", 1) + struct.pack("<16sIII", _packed("::1"), 0, _port(5353), 9),
    }  # fmt: skip
    assert list(sockets(calls)) == [
        Socket("tcp", "10.0.0.5:49152", "203.0.113.7:443", "ESTABLISHED", 0, 700),
        Socket("tcp", "0.0.0.0:4444", "0.0.0.0:0", "LISTEN", 0, 701),
        Socket("tcp6", "10.0.0.5:80", "[2001:db8::1]:8080", "TIME_WAIT", 0, 0),
        Socket("udp", "0.0.0.0:53", "0.0.0.0:0", "LISTEN", 0, 9),
        Socket("udp6", "[::1]:5353", "[::]:0", "LISTEN", 0, 9),
    ]


def test_a_table_that_claims_more_rows_than_it_has_ends_where_it_ends() -> None:
    calls = PlayedCalls()
    calls.tables["udp"] = struct.pack("<I", 1 << 31) + struct.pack("<4sII", bytes(4), _port(53), 9) + b"\0" * 5
    calls.tables["tcp"] = b"\x01"
    assert [found.protocol for found in sockets(calls)] == ["udp"]
