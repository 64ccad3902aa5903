"""The catalogue as the office sees it: each entry, what is asked about it, and what was agreed to and is not out."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from quetsach.campaign.tool_catalogue import OtherTool, ToolChange
from quetsach.centre.other_tools import ToolCatalogueError, find_other_tool, kept_change, load_other_tools
from quetsach.core.text import Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.published.other_tools import ShownTool
from quetsach.web.published.selectors import shelf

KIND = "other-tools"
SUBJECT = "other-tool"


@dataclass(frozen=True, slots=True)
class ToolHere:
    """An entry, or one that is only asked for: as it is shown now, and the last request with what it would make.

    ``change`` is ``None`` where there is no request, or where what was asked for is carried out.
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
    def is_waiting(self) -> bool:
        """Whether a second person has to decide."""
        return self.change is not None and self.approval is not None and self.approval.is_granted is None

    @property
    def is_not_out(self) -> bool:
        """Whether a second person agreed, and the pages do not show it yet."""
        return self.change is not None and self.approval is not None and bool(self.approval.is_granted)


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


def shown_to_approver(approval: Approval) -> dict[str, object]:
    """Return what a second person sees before deciding."""
    return {"one": tool_here(approval.subject.partition(":")[2]) if _is_last(approval) else None}


def _is_last(approval: Approval) -> bool:
    last = _requests().filter(subject=approval.subject).last()
    return last is not None and last.pk == approval.pk


def _requests() -> QuerySet[Approval]:
    return Approval.objects.filter(kind=KIND).select_related("asked_by", "decided_by").order_by("pk")


def _here(data: Path, key: str, tool: OtherTool | None, approval: Approval | None) -> ToolHere:
    change = kept_change(data, approval.digest) if approval else None
    return ToolHere(key, ShownTool(tool) if tool else None, approval, change)
