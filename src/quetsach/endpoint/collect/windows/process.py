"""Which files the processes of a running Windows were given to run."""

import re

from quetsach.endpoint.collect.removed import Removed
from quetsach.endpoint.collect.windows.interpreter import given_to_run
from quetsach.endpoint.collect.windows.naming import WindowsNames
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.process import Process

_PROFILE = re.compile(rb"/(?:Users|Documents and Settings)/[^/]+", re.IGNORECASE)
_MOST_FILES = 64


class WindowsScripts:
    """Finds what processes of one machine were given to run."""

    def __init__(self, host: Host) -> None:
        self._names = WindowsNames(host, Removed(host))

    def of(self, process: Process) -> tuple[bytes, ...]:
        """Return the files that an interpreter was given: those that are there, or the likeliest if none is.

        Variables are those of the person in whose profile the process is, or its program.
        """
        line = b" ".join(process.arguments).decode("utf-8", "surrogatepass")
        given = given_to_run(process.executable.decode("utf-8", "surrogatepass"), line)
        profiles = (_PROFILE.match(path) for path in (process.cwd, process.executable))
        home = next((profile[0] for profile in profiles if profile), b"/")
        found: dict[bytes, None] = {}
        for one in given:
            meant = self._names.file if one.is_file else self._names.files
            found |= dict.fromkeys(meant(one.text, home, process.cwd))
        return tuple(found)[:_MOST_FILES]
