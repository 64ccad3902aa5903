"""Which packs a command works with."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from quetsach.cli.locations import default_state
from quetsach.core.pack import Pack
from quetsach.core.text import Text
from quetsach.endpoint import StateError
from quetsach.endpoint.host.live import check_private
from quetsach.installation import bundled
from quetsach.packs import PackError
from quetsach.packs.installed import installed_folder, installed_or_none
from quetsach.packs.load import families_of, load_pack, load_shelf, newest
from quetsach.packs.withdrawal import Withdrawal, disarm, known_withdrawals


@dataclass(frozen=True, slots=True)
class Armed:
    """The packs that may be used, and what was left out of them because the centre has taken it back."""

    packs: tuple[Pack, ...]
    withdrawn: tuple[Withdrawal, ...]


def armed_packs(arguments: argparse.Namespace) -> Armed:
    """Return the packs named by ``--pack``; else, of each family, the newest of those installed and those bundled.

    A family that an update no longer lists is left out, also when it came with this build. What the centre has taken
    back is left out wherever it came from, packs that a person names included. ``arguments`` have ``pack`` (paths or
    nothing) and ``state`` (a folder or nothing).

    Raises:
        PackError: a pack, or the list of what was taken back, cannot be used, or there is no pack.
    """
    state = _own_state(arguments)
    packs = newest(_named(arguments.pack) if arguments.pack else _shelved(state))
    if not packs:
        raise PackError(Text("there is no pack to work with"), hint=Text("run: quetsach update"))
    armed, withdrawn = disarm(packs, known_withdrawals(state) if state else ())
    if not armed:
        raise PackError(Text("the centre has taken back every pack that there is"), hint=Text("run: quetsach update"))
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
    state = _own_state(arguments)
    installed = None if arguments.pack or state is None else installed_folder(state)
    if installed is None:
        return ()
    return tuple(sorted(families_of(bundled("packs")) - families_of(installed)))


def families_passed_over(arguments: argparse.Namespace, chosen: Iterable[Pack]) -> tuple[str, ...]:
    """Return the families of computers that there are packs of and that are not among the chosen ones.

    Raises:
        PackError: a pack cannot be used.
    """
    state = _own_state(arguments)
    installed = installed_or_none(state) if state else None
    there = families_of(installed or bundled("packs"), with_devices=False)
    return tuple(sorted(there - {pack.family for pack in chosen}))


def _own_state(arguments: argparse.Namespace) -> Path | None:
    """Return the state folder, or ``None`` where others may have put there what they want to be looked for.

    Packs and withdrawals of a stranger would make a scan pass over what they name: then those of this build count.
    """
    state: Path = arguments.state or default_state()
    try:
        check_private(state)
    except (OSError, StateError):
        return None
    return state


def _named(paths: list[Path]) -> Iterator[Pack]:
    for path in paths:
        if path.is_dir() and not (path / "pack.toml").exists():
            yield from load_shelf(path)
        else:
            yield load_pack(path)


def _shelved(state: Path | None) -> Iterator[Pack]:
    bundle = load_shelf(bundled("packs"))
    installed = installed_folder(state) if state else None
    if installed is None:
        yield from bundle
        return
    listed = families_of(installed)
    yield from load_shelf(installed)
    # What the centre no longer lists it has withdrawn; the copy that came with this build must not bring it back.
    yield from (pack for pack in bundle if pack.family in listed)
