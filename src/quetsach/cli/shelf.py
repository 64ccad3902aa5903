"""Which packs a command works with."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quetsach.cli.bundled import bundled
from quetsach.cli.locations import default_state
from quetsach.core.pack import Pack
from quetsach.packs.errors import PackError
from quetsach.packs.installed import installed_folder
from quetsach.packs.load import families_of, load_pack, load_shelf, newest
from quetsach.packs.withdrawal import Withdrawal, disarm, known_withdrawals


@dataclass(frozen=True, slots=True)
class Armed:
    """The packs that may be used, and what was left out of them because the centre has taken it back."""

    packs: tuple[Pack, ...]
    withdrawn: tuple[Withdrawal, ...]


def armed_packs(arguments: argparse.Namespace, *, platform: str = "") -> Armed:
    """Return the packs named by ``--pack``; else, of each family, the newest of those installed and those bundled.

    A family that an update no longer lists is left out, also when it came with this build. What the centre has taken
    back is left out wherever it came from, packs that a person names included.

    Args:
        arguments: with ``pack`` (paths or nothing) and ``state`` (a folder or nothing).
        platform: if given, packs for others are left out; those that were named are not.

    Raises:
        PackError: a pack, or the list of what was taken back, cannot be used, or there is no pack.
    """
    state = arguments.state or default_state()
    packs = newest(_named(arguments.pack) if arguments.pack else _shelved(state, platform))
    if not packs:
        raise PackError("there is no pack to work with", hint="run: quetsach update")
    armed, withdrawn = disarm(packs, known_withdrawals(state))
    if not armed:
        raise PackError("the centre has taken back every pack that there is", hint="run: quetsach update")
    return Armed(armed, withdrawn)


def packs_for(arguments: argparse.Namespace) -> tuple[Pack, ...]:
    """Return the packs that may be used; see ``armed_packs``.

    Raises:
        PackError: a pack, or the list of what was taken back, cannot be used, or there is no pack.
    """
    return armed_packs(arguments).packs


def unlisted_families(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the families that came with this build and that the centre no longer lists; with ``--pack`` none counts.

    Raises:
        PackError: a pack cannot be used.
    """
    installed = None if arguments.pack else installed_folder(arguments.state or default_state())
    if installed is None:
        return ()
    return tuple(sorted(families_of(bundled("packs")) - families_of(installed)))


def _named(paths: list[Path]) -> Iterator[Pack]:
    for path in paths:
        if path.is_dir() and not (path / "pack.toml").exists():
            yield from load_shelf(path)
        else:
            yield load_pack(path)


def _shelved(state: Path, platform: str) -> Iterator[Pack]:
    bundle = load_shelf(bundled("packs"), platform=platform)
    installed = installed_folder(state)
    if installed is None:
        yield from bundle
        return
    listed = families_of(installed)
    yield from load_shelf(installed, platform=platform)
    # What the centre no longer lists it has withdrawn; the copy that came with this build must not bring it back.
    yield from (pack for pack in bundle if pack.family in listed)
