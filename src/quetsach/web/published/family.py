"""The pages about families: in which order they are listed, and what each says beside the guidance of its pack."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.tool_catalogue import OtherTool
from quetsach.core.family import name_key
from quetsach.core.pack import Action, Pack
from quetsach.web.published.devices import Device, devices_on
from quetsach.web.published.other_tools import ShownTool, tools_for

PLATFORM_NAMES: dict[str, str | Promise] = {
    "windows": "Windows",
    "linux": "Linux",
    "macos": "macOS",
    "router": _("routers"),
    "camera": _("cameras and recorders"),
    "nas": _("network storage"),
    "android": _("Android phones and TV boxes"),
}
_GROUPS: tuple[tuple[str | Promise, frozenset[str]], ...] = (
    (_("Windows computers"), frozenset({"windows"})),
    (_("Linux computers and servers"), frozenset({"linux"})),
    (_("Macs"), frozenset({"macos"})),
    (_("Routers, cameras and recorders"), frozenset({"router", "camera"})),
    (_("Network storage"), frozenset({"nas"})),
    (_("Phones and TV boxes with Android"), frozenset({"android"})),
)
_FEW_NAMES = 4
_NAME_OF_A_SCANNER = re.compile(r"[./:_]|-p2p$", re.IGNORECASE)
"""``Win32/Ramnit`` and its like help no reader of a list; the page of the family has them."""
_TRIAL = "test"
_LOOKED_AT_FROM_OUTSIDE = frozenset({"windows", "macos"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a pack and the first of its other names that people use and its own name does not hold."""

    pack: Pack
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The families that live on one kind of machine; a family of several kinds is in each."""

    title: str | Promise
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """One family. ``traces`` are what the tool looks for, ``removed`` how many of them it removes.

    ``others`` are packs that share a name with this one: the same family on other machines. ``runs_in`` are the systems
    for which this centre has a file that runs there. ``tools`` are those of others that are advised for it.
    """

    pack: Pack
    platforms: tuple[str | Promise, ...]
    traces: int
    removed: int
    others: tuple[Pack, ...]
    runs_in: frozenset[str] = frozenset()
    tools: tuple[ShownTool, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        """The kinds of device on which it lives, as far as there are pages about them; none for a trial."""
        return () if self.pack.severity == _TRIAL else devices_on(self.pack.platforms)

    @property
    def is_for_the_tool(self) -> bool:
        """Whether the tool recognises this family; otherwise there is guidance only."""
        return self.traces > 0

    @property
    def cleaned_from_outside(self) -> tuple[str | Promise, ...]:
        """Systems of the family in which the tool does not run: it looks at their drives from a Linux."""
        if not self.is_for_the_tool:
            return ()
        outside = (self.pack.platforms & _LOOKED_AT_FROM_OUTSIDE) - self.runs_in
        return tuple(name for platform, name in PLATFORM_NAMES.items() if platform in outside)

    @property
    def typed_on(self) -> str:
        """The system on which commands of this page are typed: Windows where the tool runs there and nowhere else."""
        return "windows" if self.pack.platforms == {"windows"} and "windows" in self.runs_in else ""

    @property
    def undo_command(self) -> str:
        """How what the tool did is put back."""
        return "quetsach undo --last" if self.typed_on == "windows" else "sudo quetsach undo --last"

    @property
    def reported(self) -> int:
        """How many traces are only reported."""
        return self.traces - self.removed


def groups_of(packs: Sequence[Pack]) -> tuple[Group, ...]:
    """Return the packs by kind of machine, those for trying the tool at the end; empty groups are left out."""
    real = [pack for pack in packs if pack.severity != _TRIAL]
    groups = [(title, [pack for pack in real if pack.platforms & kinds]) for title, kinds in _GROUPS]
    groups.append((_("For trying the tool"), [pack for pack in packs if pack.severity == _TRIAL]))
    return tuple(Group(title, tuple(Entry(pack, _also(pack)) for pack in found)) for title, found in groups if found)


def packs_on(platforms: AbstractSet[str], packs: Sequence[Pack]) -> tuple[Pack, ...]:
    """Return the packs about malware of some platforms, without those for trying the tool."""
    return tuple(pack for pack in packs if pack.platforms & platforms and pack.severity != _TRIAL)


def page_of(
    pack: Pack,
    packs: Iterable[Pack],
    *,
    runs_in: frozenset[str] = frozenset(),
    tools: Iterable[OtherTool] = (),
) -> FamilyPage:
    """Return what the page about a pack says.

    Args:
        pack: the family's.
        packs: all that are published.
        runs_in: systems for which this centre has a file that runs there.
        tools: the catalogue of other makers' tools.
    """
    names = {name_key(alias) for alias in pack.aliases}
    return FamilyPage(
        pack=pack,
        platforms=tuple(name for platform, name in PLATFORM_NAMES.items() if platform in pack.platforms),
        traces=len(pack.traits),
        removed=sum(trait.action is not Action.REPORT for trait in pack.traits),
        others=tuple(p for p in packs if p.family != pack.family and names & {name_key(alias) for alias in p.aliases}),
        runs_in=runs_in,
        tools=tools_for(pack.family, tools),
    )


def pack_about(family: str, packs: Iterable[Pack]) -> Pack | None:
    """Return the pack that is about a family of the families' table; ``None`` if there is none.

    Guidance for devices goes before a pack for computers: an address that is listed for such a family is most often
    that of a router or camera.
    """
    found = packs_about(family, packs)
    return min(found, key=lambda pack: (bool(pack.traits), pack.family != family, pack.family), default=None)


def packs_about(family: str, packs: Iterable[Pack]) -> list[Pack]:
    """Return all packs about a family of the families' table: it may live on several kinds of machine."""
    key = name_key(family)
    return [pack for pack in packs if key in {name_key(name) for name in (pack.family, *pack.aliases)}]


def _also(pack: Pack) -> tuple[str, ...]:
    shown = name_key(pack.name.vi + pack.name.en + pack.family)
    readable = (alias for alias in pack.aliases if not _NAME_OF_A_SCANNER.search(alias))
    return tuple(alias for alias in readable if name_key(alias) not in shown)[:_FEW_NAMES]
