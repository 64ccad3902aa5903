"""Tools of other makers as the portal shows them: by what somebody needs, and beside the advice about a family."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.tool_catalogue import CheckedHow, OtherTool, Platform, ToolKind

PLATFORM_TITLES: Mapping[Platform, str | Promise] = {
    Platform.WINDOWS: "Windows",
    Platform.LINUX: "Linux",
    Platform.MACOS: "macOS",
    Platform.ANDROID: "Android",
    Platform.IOS: _("iPhone, iPad"),
    Platform.BROWSER: _("in the browser, on any device"),
}
KIND_TITLES: Mapping[ToolKind, str | Promise] = {
    ToolKind.REMOVAL: _("scans and removes"),
    ToolKind.SCAN: _("scans only"),
    ToolKind.RESCUE_DISK: _("works from outside the infected system"),
    ToolKind.DECRYPTOR: _("decrypts files"),
    ToolKind.CHECK: _("for a check"),
}
CHECKED_TITLES: Mapping[CheckedHow, str | Promise] = {
    CheckedHow.DOCUMENTS: _("looked up in public documents, not tried"),
    CheckedHow.OPENED: _("the maker's page was opened, the tool not tried"),
    CheckedHow.TRIED: _("got from this link and run once"),
}
CHECKED_MEANS: Mapping[CheckedHow, str | Promise] = {
    CheckedHow.DOCUMENTS: _(
        "Name, maker, address, systems and price were looked up in public documents. The page was not opened for it, "
        "and the tool was not run."
    ),
    CheckedHow.OPENED: _("A person opened the link and found the tool on the maker's page. The tool was not run."),
    CheckedHow.TRIED: _(
        "A person got the tool from this link and ran it on a machine kept for that. Nobody can promise that it "
        "removes all malware."
    ),
}


@dataclass(frozen=True, slots=True)
class ShownTool:
    """A tool of the catalogue with its words for a page."""

    tool: OtherTool

    @property
    def server(self) -> str:
        """The name of the server, which a reader compares with the address bar."""
        return self.tool.link.split("/")[2].removeprefix("www.")

    @property
    def platforms(self) -> tuple[str | Promise, ...]:
        """What it is for."""
        return tuple(PLATFORM_TITLES[platform] for platform in self.tool.platforms)

    @property
    def kinds(self) -> tuple[str | Promise, ...]:
        """What it does."""
        return tuple(KIND_TITLES[kind] for kind in self.tool.kinds)

    @property
    def checked(self) -> str | Promise:
        """How far somebody went who checked it."""
        return CHECKED_TITLES[self.tool.checked.how]


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody needs, and the tools for it."""

    id: str
    title: str | Promise
    about: str | Promise
    tools: tuple[ShownTool, ...]


@dataclass(frozen=True, slots=True)
class ToolsPage:
    """The catalogue by what somebody needs, and what its words on checking mean."""

    needs: tuple[Need, ...]
    meanings: tuple[tuple[str | Promise, str | Promise], ...]


_PHONE = "phone"
_NEEDS: tuple[tuple[str, str | Promise, str | Promise, frozenset[ToolKind]], ...] = (
    (
        "removal",
        _("Find and remove malware on a computer"),
        _("For a computer that still starts and on which you can work. One is enough; do not run two at a time."),
        frozenset({ToolKind.REMOVAL, ToolKind.SCAN}),
    ),
    (
        "rescue-disk",
        _("Rescue disks: when Windows itself cannot be trusted"),
        _(
            "For malware that infects programs, hides or defends itself, and for a computer that does not start. Get "
            "it on a clean computer, write it to a memory stick, start the infected computer from that stick, scan all "
            "drives and choose to disinfect. First copy papers and photos that you cannot do without."
        ),
        frozenset({ToolKind.RESCUE_DISK}),
    ),
    (
        "decryptor",
        _("Files were encrypted and a ransom is asked"),
        _(
            "Do not pay and do not delete the encrypted files: remove the malware first, then look whether there is a "
            "way to decrypt. Often there is none yet; then keep the files and look again later."
        ),
        frozenset({ToolKind.DECRYPTOR}),
    ),
    (_PHONE, _("Telephones"), _("Install apps from the official store alone."), frozenset(ToolKind)),
    (
        "check",
        _("When you only want to check something"),
        _("These remove nothing. “Nothing found” there does not mean that all is well."),
        frozenset({ToolKind.CHECK}),
    ),
)


def tools_page(tools: Iterable[OtherTool]) -> ToolsPage:
    """Return the catalogue by what somebody needs; needs without a tool are left out.

    What is for telephones alone stands under that and nowhere else.
    """
    all_tools = tuple(tools)
    needs = []
    for id_, title, about, kinds in _NEEDS:
        fitting = tuple(
            ShownTool(tool) for tool in all_tools if tool.is_for_phones == (id_ == _PHONE) and kinds & set(tool.kinds)
        )
        if fitting:
            needs.append(Need(id_, title, about, fitting))
    used = {tool.checked.how for tool in all_tools}
    return ToolsPage(
        tuple(needs), tuple((CHECKED_TITLES[how], CHECKED_MEANS[how]) for how in CheckedHow if how in used)
    )


def tools_for(family: str, tools: Iterable[OtherTool]) -> tuple[ShownTool, ...]:
    """Return the tools that are advised for a family (id of its pack)."""
    return tuple(ShownTool(tool) for tool in tools if family in tool.families)
