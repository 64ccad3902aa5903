"""How an open file is named on the running Windows."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

from contextlib import AbstractContextManager

from quetsach.endpoint.host.nt.ffi.open_name import NativeNames
from quetsach.endpoint.host.nt.open_name import named as named_by

_calls = NativeNames()


def named(fd: int) -> AbstractContextManager[str]:
    """Give a name that leads to an open file while the body runs, for parts that open what they read."""
    return named_by(_calls, fd)
