"""What a rescue stick carries of packs and trust: what this machine would work with itself."""

from dataclasses import dataclass
from pathlib import Path

from quetsach.core.pack import Pack
from quetsach.installation import bundled, bundled_trust
from quetsach.packs.container import pack as packed
from quetsach.packs.installed import SUFFIX, installed_or_none
from quetsach.packs.load import families_of, load_pack, packs_at, read_pack
from quetsach.packs.trust import REPOSITORY_FILE, ROOT_FILE, load_trust, repository_toml
from quetsach.packs.withdrawal import disarm, known_withdrawals


@dataclass(frozen=True, slots=True)
class Shelf:
    """Packs and root of trust for a stick: files by name inside ``quetsach/bundled``.

    ``families`` are those that it carries, ``left_out`` those of which the centre has taken something back: a stick may
    lie in a drawer for years, so nothing doubtful is put on it. ``newest`` is the version (a date) of its newest pack.
    """

    files: dict[str, bytes]
    families: tuple[str, ...]
    left_out: tuple[str, ...]
    newest: str


def shelf_of(state: Path) -> Shelf:
    """Return what a stick made with this state shall carry.

    Raises:
        PackError: a pack, or the list of what was taken back, cannot be used.
    """
    chosen: dict[str, tuple[Pack, Path]] = {}
    for path in _paths(state):
        one = load_pack(path)
        if one.family not in chosen or chosen[one.family][0].version < one.version:
            chosen[one.family] = one, path
    packs = tuple(one for one, _ in chosen.values())
    _, withdrawn = disarm(packs, known_withdrawals(state))
    left_out = {one.label.split("/")[0] for one in withdrawn}
    files = {f"packs/{family}{SUFFIX}": packed(read_pack(path)) for family, (_, path) in chosen.items()}
    files = {name: content for name, content in files.items() if Path(name).stem not in left_out}
    trust = load_trust(state / "trust") or load_trust(bundled_trust())
    if trust is not None:
        files |= {f"trust/{ROOT_FILE}": trust.root, f"trust/{REPOSITORY_FILE}": repository_toml(trust).encode()}
    kept = [one for one in packs if one.family not in left_out]
    newest = max((one.version for one in kept), default="")
    return Shelf(files, tuple(sorted(one.family for one in kept)), tuple(sorted(left_out)), newest)


def _paths(state: Path) -> list[Path]:
    """Return the packs that an update installed, and those of this build that the centre still lists."""
    ours = packs_at(bundled("packs"))
    installed = installed_or_none(state)
    if installed is None:
        return ours
    listed = families_of(installed)
    return packs_at(installed) + [path for path in ours if load_pack(path).family in listed]
