"""What a process was started with, read from its own memory: command line and current folder.

Sources: Microsoft Learn, "PEB" and "RTL_USER_PROCESS_PARAMETERS"; phnt (where the folder stands). A process can change
all of it, so it is material like any other of malware: bounded, and a text that is none is empty.
"""

import re
import struct
from dataclasses import dataclass

from quetsach.endpoint.host.nt.process_calls import ProcessCalls

_PARAMETERS = 0x20
_FOLDER, _COMMAND_LINE = 0x38, 0x70
_HIGHEST = 1 << 47
_LONGEST = 32_767
_PIECE = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+', re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Command line, and current folder with its drive."""

    command_line: str = ""
    folder: str = ""


def parameters_of(calls: ProcessCalls, process: int) -> Parameters:
    """Return what an open process was started with; what cannot be read is empty."""
    try:
        block = calls.block(process)
    except OSError:
        return Parameters()
    (parameters,) = _address(calls.read(process, block + _PARAMETERS, 8))
    return Parameters(_text(calls, process, parameters + _COMMAND_LINE), _text(calls, process, parameters + _FOLDER))


def pieces_of(command_line: str) -> tuple[bytes, ...]:
    """Return a command line in pieces, parted where blanks stand outside quotation marks, which stay.

    How a program takes its command line apart is its own affair; joined by blanks, the pieces are what was written.
    """
    pieces = _PIECE.findall(command_line[:_LONGEST].partition("\0")[0])
    return tuple(piece.encode("utf-8", "surrogatepass") for piece in pieces)


def _address(raw: bytes) -> tuple[int]:
    (address,) = struct.unpack("<Q", raw.ljust(8, b"\0"))
    return (address if address < _HIGHEST else 0,)


def _text(calls: ProcessCalls, process: int, at: int) -> str:
    """Return the UNICODE_STRING at an address."""
    head = calls.read(process, at, 16) if at > _HIGHEST >> 31 else b""
    if len(head) < 16:
        return ""
    length = struct.unpack_from("<H", head)[0] & ~1
    (start,) = _address(head[8:])
    raw = calls.read(process, start, length) if start and length else b""
    return raw[: len(raw) & ~1].decode("utf-16-le", "surrogatepass")
