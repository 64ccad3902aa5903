"""Which modules the tool consists of, and which of them one system alone has."""

from collections.abc import Iterator
from pathlib import Path

import quetsach

TO_POSIX = "quetsach.endpoint.host.posix"
TO_WINDOWS = "quetsach.endpoint.host.nt.ffi"
"""The packages that speak to a system: nothing else may ask for what only that system has."""

OF_LINUX = (
    TO_POSIX,
    *(f"quetsach.endpoint.host.offline.{name}" for name in ("macos", "mounted", "windows", "windows_tree")),
    "quetsach.endpoint.window.tk",
)
"""What only a Linux does: besides speaking to it, looking at disks that it has mounted, and showing windows by Tk."""

OF_WINDOWS = (
    TO_WINDOWS,
    *(f"quetsach.endpoint.host.nt.{name}" for name in ("disk", "machine")),
)
"""What only a running Windows does: besides speaking to it, bringing together what is made of that."""

_NOT_DOWNLOADED = (
    *("assess", "campaign", "centre", "feeds", "lake", "network", "simulate", "web"),
    *("cli.center", "cli.packs_test", "cli.reference", "cli.trial", "packs.repository", "packs.specimen"),
    *("rescue", *(f"cli.rescue{part}" for part in ("", "_make", "_session"))),
)
"""What centres, authors of packs and makers of rescue sticks run on a Linux, and nobody downloads."""


def modules_of_the_tool(*, but: tuple[str, ...]) -> list[str]:
    """Return the names of all modules that people download, without those below some packages."""
    left_out = (*(f"quetsach.{name}" for name in _NOT_DOWNLOADED), *but)
    return sorted(name for name in _modules() if not _is_below(name, left_out))


def _modules() -> Iterator[str]:
    package = Path(quetsach.__file__).parent
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_below(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
