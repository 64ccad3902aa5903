"""The task scheduler by its classes of COM; satisfies ``TaskCalls``.

The places of methods in their tables are those of ``taskschd.idl`` of the Windows SDK, after the seven of IDispatch.
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

from collections.abc import Iterator
from contextlib import contextmanager

from quetsach.endpoint.host.nt.ffi.com import Interface, NotThereError, Text, Variant, apartment, create

_SCHEDULER = "{0F87369F-A4E5-4CFC-BD3E-73E6154572DD}"
_SERVICE = "{2FABA4C7-4DA9-4013-9697-20CC3FD40F85}"
_GET_FOLDER, _CONNECT = 7, 10
_GET_TASK, _DELETE_TASK = 13, 15


class NativeTasks:
    """The scheduler of the running Windows."""

    def knows(self, folder: str, name: str) -> bool:
        """Return whether the scheduler knows a task."""
        try:
            with _folder(folder) as opened, opened.get(_GET_TASK, Text(name)):
                return True
        except NotThereError:
            return False

    def delete(self, folder: str, name: str) -> None:
        """Have it delete a task."""
        with _folder(folder) as opened:
            opened.call(_DELETE_TASK, Text(name), 0)


@contextmanager
def _folder(path: str) -> Iterator[Interface]:
    with apartment(), create(_SCHEDULER, _SERVICE) as service:
        service.call(_CONNECT, Variant(), Variant(), Variant(), Variant())
        with service.get(_GET_FOLDER, Text(path)) as folder:
            yield folder
