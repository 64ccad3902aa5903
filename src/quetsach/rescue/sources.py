"""Where the packages of the stick come from: the same places that the machine which makes it gets its own from."""

from collections import defaultdict
from dataclasses import dataclass

from quetsach.rescue.errors import RescueError
from quetsach.rescue.programs import run

_FIELDS = ("ORIGIN", "REPO_URI", "CODENAME", "RELEASE", "COMPONENT", "SIGNED_BY")
_FORMAT = "\t".join(f"$({field})" for field in _FIELDS)
_SETTINGS = ("http", "https", "Check-", "Max-ValidTime", "Retries", "ForceIPv4", "ForceIPv6")
"""What of apt's settings for fetching is passed on: proxies and how fresh lists must be."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Debian's packages as apt finds them here.

    ``lines`` are those of a ``sources.list``, ``settings`` those of an ``apt.conf``.
    """

    codename: str
    lines: tuple[str, ...]
    settings: tuple[str, ...]


def sources_here() -> Sources:
    """Return the sources of this machine.

    Raises:
        RescueError: apt knows no packages of Debian here.
    """
    targets = run("apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages")
    settings = run("apt-config", "dump", "--no-empty", "--format", '%F "%v";%n')
    return read_sources(targets, settings)


def read_sources(targets: str, settings: str) -> Sources:
    """Return the sources that apt names.

    Args:
        targets: what ``apt-get indextargets`` printed in our format.
        settings: what ``apt-config dump`` printed in ours.

    Raises:
        RescueError: none of them is of Debian.
    """
    rows = [line.split("\t") for line in targets.splitlines()]
    found: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    codenames = []
    for row in rows:
        if len(row) != len(_FIELDS) or row[0] != "Debian":
            continue
        _, uri, codename, release, component, key = row
        codenames += [codename] if codename.isalpha() else []  # not of updates and of security
        found[uri, release, key if key.startswith("/") else ""][component] = None
    if not codenames:
        raise RescueError("apt knows no packages of Debian here", hint="run `apt-get update` on a Debian")
    codename = codenames[0]
    lines = tuple(
        f"deb {f'[signed-by={key}] ' if key else ''}{uri} {release} {' '.join(components)}"
        for (uri, release, key), components in found.items()
        if release.split("-")[0] == codename
    )
    return Sources(codename, lines, tuple(_passed_on(settings)))


def _passed_on(settings: str) -> list[str]:
    prefixes = tuple(f"Acquire::{name}" for name in _SETTINGS)
    return [line for line in settings.splitlines() if line.startswith(prefixes) and not line.endswith('"";')]
