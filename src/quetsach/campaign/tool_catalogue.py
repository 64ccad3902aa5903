"""The catalogue of other makers' tools: what each does, what it costs, where it is, and who checked what of that.

A list is TOML with a ``[[tool]]`` for each. Lists are laid over one another: a later one replaces tools by their ids
and withdraws others, so that a centre keeps what it changed and gets the rest from its build.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from quetsach.core.errors import InputError
from quetsach.core.text import LocalText, Text
from quetsach.core.toml_table import Table, read_toml

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LINK = re.compile(r"https://(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?:/[A-Za-z0-9/._~%!$&'()*+,;=:@?#-]*)?")
"""Of a server of the public Internet by its name, without a port and without anything that could be a password."""
LONGEST_ID = 48
LONGEST_LINK = 400
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID_HINT = Text("small letters, digits and '-', at most {most}", most=LONGEST_ID)
_LINK_HINT = Text("write the address of the maker's own page, with https:// and the name of the server")


class ToolKind(StrEnum):
    """What somebody needs a tool for."""

    REMOVAL = "removal-tool"
    SCAN = "scan"
    RESCUE_DISK = "rescue-disk"
    DECRYPTOR = "decryptor"
    CHECK = "check"


class Platform(StrEnum):
    """What a tool is for; of a rescue disk, the system whose drives it cleans."""

    WINDOWS = "windows"
    LINUX = "linux"
    MACOS = "macos"
    ANDROID = "android"
    IOS = "ios"
    BROWSER = "browser"


PHONES = frozenset({Platform.ANDROID, Platform.IOS})


class CheckedHow(StrEnum):
    """How far somebody went who checked an entry; each says more than the one before."""

    DOCUMENTS = "documents"
    """Name, maker, address, systems and price were looked up in public documents."""
    OPENED = "opened"
    """Somebody opened the link and found the tool on the maker's page."""
    TRIED = "tried"
    """Somebody got the tool from this link and ran it on a machine kept for that."""


@dataclass(frozen=True, slots=True)
class Advised:
    """For which families a tool is advised (ids of packs), why, and who says so."""

    families: tuple[str, ...]
    reason: LocalText
    source: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Who checked an entry, when, and how far."""

    on: date
    how: CheckedHow
    by: str


@dataclass(frozen=True, slots=True)
class OtherTool:
    """A tool of another maker. ``checksums`` is the page with the maker's own checksums; empty where there is none."""

    id: str
    name: str
    vendor: str
    kinds: tuple[ToolKind, ...]
    platforms: tuple[Platform, ...]
    about: LocalText
    price: LocalText
    link: str
    checked: Checked
    checksums: str = ""
    advised: Advised | None = None

    @property
    def families(self) -> tuple[str, ...]:
        """The families that it is advised for."""
        return self.advised.families if self.advised else ()

    @property
    def is_for_phones(self) -> bool:
        """Whether it is for telephones alone."""
        return frozenset(self.platforms) <= PHONES

    @property
    def edition(self) -> str:
        """What tells this text of the entry from any other (SHA-256, hex)."""
        return sha256(_tool_text(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ToolList:
    """One list: its tools, and the ids of tools of earlier lists that are not shown any more."""

    tools: tuple[OtherTool, ...] = ()
    withdrawn: tuple[str, ...] = ()

    def with_tool(self, tool: OtherTool) -> "ToolList":
        """Return the list with a tool added, or in the place of the one of its id."""
        others = tuple(one for one in self.tools if one.id != tool.id)
        return ToolList((*others, tool), tuple(id_ for id_ in self.withdrawn if id_ != tool.id))

    def without_tool(self, id_: str) -> "ToolList":
        """Return the list with a tool withdrawn, also from the lists before it."""
        others = tuple(one for one in self.tools if one.id != id_)
        return ToolList(others, tuple(dict.fromkeys((*self.withdrawn, id_))))


@dataclass(frozen=True, slots=True)
class ToolChange:
    """What somebody wants changed. ``tool`` is ``None`` to withdraw; ``before`` is the edition that it replaces."""

    id: str
    tool: OtherTool | None
    before: str
    reason: str

    @property
    def after(self) -> str:
        """The edition that there will be; empty where there will be none."""
        return self.tool.edition if self.tool else ""


def laid_over(lists: Iterable[ToolList]) -> tuple[OtherTool, ...]:
    """Return the tools of lists, each laid over those before it: in order of their first mention."""
    found: dict[str, OtherTool] = {}
    for one in lists:
        for id_ in one.withdrawn:
            found.pop(id_, None)
        found |= {tool.id: tool for tool in one.tools}
    return tuple(found.values())


def read_tool_list(raw: bytes, *, where: str) -> ToolList:
    """Read a list.

    Args:
        raw: the file.
        where: what it is called in errors.

    Raises:
        InputError: it is no TOML, or a field is missing, unknown or cannot be; the message has the line.
    """
    table = read_toml(raw, where=where, error=InputError)
    withdrawn = table.take_texts("withdrawn")
    tools: dict[str, OtherTool] = {}
    for part in table.take_tables("tool") if table.has("tool") else ():
        tool = _read_tool(part)
        if tool.id in tools or tool.id in withdrawn:
            part.fail(Text("{id} is there twice", id=tool.id), field="id", hint=Text("give each tool an id of its own"))
        tools[tool.id] = tool
    if odd := [id_ for id_ in withdrawn if not ID.fullmatch(id_)]:
        table.fail(Text("{id} is no id of a tool", id=repr(odd[0][:80])), field="withdrawn", hint=_ID_HINT)
    table.finish()
    return ToolList(tuple(tools.values()), withdrawn)


def tool_list_text(tools: ToolList) -> str:
    """Return a list as its file; reading it gives the same list."""
    head = f"withdrawn = {json.dumps(list(tools.withdrawn))}\n\n" if tools.withdrawn else ""
    return head + "\n".join(_tool_text(tool) for tool in tools.tools)


def read_tool_change(raw: bytes, *, where: str) -> ToolChange:
    """Read what somebody wants changed.

    Raises:
        InputError: it is no such file.
    """
    table = read_toml(raw, where=where, error=InputError)
    id_ = _take_id(table, "id")
    before, reason = table.take_text("before", default=""), table.take_text("reason")
    parts = table.take_tables("tool") if table.has("tool") else ()
    found = [_read_tool(part) for part in parts]
    if any(tool.id != id_ for tool in found) or len(found) > 1:
        table.fail(Text("the file is not of one tool"), field="tool")
    table.finish()
    return ToolChange(id_, found[0] if found else None, before, reason)


def tool_change_text(change: ToolChange) -> str:
    """Return a change as its file; reading it gives the same change."""
    before = f"before = {_quoted(change.before)}\n" if change.before else ""
    head = f"id = {_quoted(change.id)}\n{before}reason = {_quoted(change.reason)}\n"
    return head + (f"\n{_tool_text(change.tool)}" if change.tool else "")


def _read_tool(part: Table) -> OtherTool:
    tool = OtherTool(
        id=_take_id(part, "id"),
        name=part.take_text("name"),
        vendor=part.take_text("vendor"),
        kinds=_take_choices(part, "kinds", ToolKind),
        platforms=_take_choices(part, "platforms", Platform),
        about=part.take_local_text("about"),
        price=part.take_local_text("price"),
        link=_take_link(part, "link"),
        checksums=_take_link(part, "checksums") if part.has("checksums") else "",
        advised=_read_advised(part.take_table("advised")) if part.has("advised") else None,
        checked=_read_checked(part.take_table("checked")),
    )
    part.finish()
    return tool


def _read_advised(part: Table) -> Advised:
    families = part.take_texts("families")
    if not families or not all(map(ID.fullmatch, families)):
        hint = Text("write the ids of the families' pages")
        part.fail(Text("{field} has no family, or one that can be none", field="families"), field="families", hint=hint)
    advised = Advised(families, part.take_local_text("reason"), part.take_text("source"))
    part.finish()
    return advised


def _read_checked(part: Table) -> Checked:
    hint = Text('a day, as in "2026-12-03"')
    day = part.take_matching("on", _DAY, hint)
    try:
        on = date.fromisoformat(day)
    except ValueError:
        part.fail(Text("field {name} is {value}", name=repr("on"), value=repr(day)), field="on", hint=hint)
    checked = Checked(on, part.take_choice("how", CheckedHow, tuple(CheckedHow)), part.take_text("by"))
    part.finish()
    return checked


def _take_id(part: Table, name: str) -> str:
    id_ = part.take_matching(name, ID, _ID_HINT)
    if len(id_) > LONGEST_ID:
        part.fail(Text("field {name} is {value}", name=repr(name), value=repr(id_)), field=name, hint=_ID_HINT)
    return id_


def _take_link(part: Table, name: str) -> str:
    link = part.take_matching(name, LINK, _LINK_HINT)
    if len(link) > LONGEST_LINK or ".." in link:
        part.fail(Text("field {name} is {value}", name=repr(name), value=repr(link)), field=name, hint=_LINK_HINT)
    return link


def _take_choices[T: StrEnum](part: Table, name: str, choices: type[T]) -> tuple[T, ...]:
    hint = Text("one or more of {names}, each once", names=", ".join(choices))
    texts = part.take_texts(name, hint=hint)
    if not texts or len(set(texts)) < len(texts) or not set(texts) <= set(choices):
        value = ", ".join(texts)
        part.fail(Text("field {name} is {value}", name=repr(name), value=repr(value)), field=name, hint=hint)
    return tuple(choices(text) for text in texts)


def _tool_text(tool: OtherTool) -> str:
    return "\n".join(_tool_lines(tool)) + "\n"


def _tool_lines(tool: OtherTool) -> Iterator[str]:
    yield "[[tool]]"
    for name in ("id", "name", "vendor"):
        yield f"{name} = {_quoted(getattr(tool, name))}"
    yield f"kinds = {json.dumps(tool.kinds)}"
    yield f"platforms = {json.dumps(tool.platforms)}"
    for name in ("about", "price"):
        yield from _local_lines(name, getattr(tool, name))
    yield f"link = {_quoted(tool.link)}"
    if tool.checksums:
        yield f"checksums = {_quoted(tool.checksums)}"
    if tool.advised:
        yield "[tool.advised]"
        yield f"families = {json.dumps(tool.advised.families)}"
        yield from _local_lines("reason", tool.advised.reason)
        yield f"source = {_quoted(tool.advised.source)}"
    yield "[tool.checked]"
    yield f"on = {_quoted(tool.checked.on.isoformat())}"
    yield f"how = {_quoted(tool.checked.how)}"
    yield f"by = {_quoted(tool.checked.by)}"


def _local_lines(name: str, text: LocalText) -> Iterator[str]:
    yield f"{name}.vi = {_quoted(text.vi)}"
    yield f"{name}.en = {_quoted(text.en)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
