"""The catalogue as the office sees it: each entry, what is asked about it, and what was agreed to and is not out."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.tool_catalogue import OtherTool, ToolChange
from quetsach.centre.other_tools import ToolCatalogueError, find_other_tool, kept_change, load_other_tools
from quetsach.core.text import Text
from quetsach.web.design.words import day
from quetsach.web.office.approvals.models import Approval
from quetsach.web.published.other_tools import ShownTool
from quetsach.web.published.selectors import shelf

KIND = "other-tools"
SUBJECT = "other-tool"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that an entry says; ``language`` of a text that is in one."""

    title: str | Promise
    text: str
    language: str = ""
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class ToolHere:
    """An entry, or one that is only asked for: as it is shown now, and the last request with what it would make.

    ``change`` is ``None`` where there is no request, or where what was asked for is refused or carried out.
    """

    key: str
    shown: ShownTool | None
    approval: Approval | None
    change: ToolChange | None

    @property
    def wanted(self) -> ShownTool | None:
        """What is asked for; ``None`` also where the entry is to be withdrawn."""
        return ShownTool(self.change.tool) if self.change and self.change.tool else None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What a new entry would say."""
        return facts_of(self.wanted) if self.wanted else ()

    @property
    def differences(self) -> tuple[tuple[Fact, Fact], ...]:
        """What an entry says now and would say, where that differs."""
        if self.wanted is None or self.shown is None:
            return ()
        pairs = zip(facts_of(self.shown), facts_of(self.wanted), strict=True)
        return tuple((now, then) for now, then in pairs if now.text != then.text)

    @property
    def is_waiting(self) -> bool:
        """Whether a second person has to decide."""
        return self.change is not None and self.approval is not None and self.approval.is_granted is None

    @property
    def is_not_out(self) -> bool:
        """Whether a second person agreed, and the pages do not show it yet."""
        return self.change is not None and self.approval is not None and bool(self.approval.is_granted)


def facts_of(shown: ShownTool) -> tuple[Fact, ...]:
    """Return all that an entry says, always the same things in the same order."""
    tool, advised = shown.tool, shown.tool.advised
    return (
        Fact(_("Name of the tool"), tool.name),
        Fact(_("Maker"), tool.vendor),
        Fact(_("What it does"), ", ".join(map(str, shown.kinds))),
        Fact(_("On which devices"), ", ".join(map(str, shown.platforms))),
        Fact(_("What one has to know, in Vietnamese"), tool.about.vi, "vi"),
        Fact(_("What one has to know, in English"), tool.about.en, "en"),
        Fact(_("Price and terms, in Vietnamese"), tool.price.vi, "vi"),
        Fact(_("Price and terms, in English"), tool.price.en, "en"),
        Fact(_("Link to the maker's own page"), tool.link, is_link=True),
        Fact(_("Page with the maker's checksums"), tool.checksums, is_link=True),
        Fact(_("Families that it is advised for"), ", ".join(tool.families)),
        Fact(_("Why for these, in Vietnamese"), advised.reason.vi if advised else "", "vi"),
        Fact(_("Why for these, in English"), advised.reason.en if advised else "", "en"),
        Fact(_("Who says so"), advised.source if advised else ""),
        Fact(_("Checked on"), day(tool.checked.on)),
        Fact(_("How it was checked"), str(shown.checked)),
        Fact(_("Checked by"), tool.checked.by),
    )


def data_folder() -> Path:
    """Return the centre's data folder.

    Raises:
        ToolCatalogueError: it has none.
    """
    data: Path | None = settings.CENTER.data
    if data is None:
        raise ToolCatalogueError(Text("the centre has no data folder"))
    return data


def subject_of(key: str) -> str:
    """Return what approvals and the log call an entry."""
    return f"{SUBJECT}:{key}"


def tools_here() -> tuple[ToolHere, ...]:
    """Return all entries, those first that somebody has to do something about.

    Raises:
        QuetsachError: a list is damaged.
    """
    data = data_folder()
    shown = {tool.id: tool for tool in load_other_tools(data)}
    last = {one.subject.partition(":")[2]: one for one in _requests()}
    found = (_here(data, key, shown.get(key), last.get(key)) for key in dict.fromkeys((*shown, *last)))
    return tuple(sorted((one for one in found if one.shown or one.change), key=lambda one: one.change is None))


def tool_here(key: str) -> ToolHere | None:
    """Return one entry; ``None`` if there is none and none is asked for.

    Raises:
        QuetsachError: a list is damaged.
    """
    data = data_folder()
    approval = _requests().filter(subject=subject_of(key)).last()
    found = _here(data, key, find_other_tool(data, key), approval)
    return found if found.shown or found.change else None


def families_with_pages() -> frozenset[str]:
    """Return the ids of the families that have a page."""
    return frozenset(pack.family for pack in shelf())


def digests_refused() -> frozenset[str]:
    """Return the digests of changes that were refused or overtaken, and that nobody asked for again."""
    alive = set(_requests().exclude(is_granted=False).values_list("digest", flat=True))
    return frozenset(_requests().filter(is_granted=False).values_list("digest", flat=True)) - alive


def shown_to_approver(approval: Approval) -> dict[str, object]:
    """Return what a second person sees before deciding."""
    return {"one": tool_here(approval.subject.partition(":")[2]) if _is_last(approval) else None}


def _is_last(approval: Approval) -> bool:
    last = _requests().filter(subject=approval.subject).last()
    return last is not None and last.pk == approval.pk


def _requests() -> QuerySet[Approval]:
    return Approval.objects.filter(kind=KIND).select_related("asked_by", "decided_by").order_by("pk")


def _here(data: Path, key: str, tool: OtherTool | None, approval: Approval | None) -> ToolHere:
    is_alive = approval is not None and approval.is_granted is not False
    change = kept_change(data, approval.digest) if approval and is_alive else None
    return ToolHere(key, ShownTool(tool) if tool else None, approval, change)
