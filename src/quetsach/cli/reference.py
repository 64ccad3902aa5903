"""Pages of ``docs/reference`` that the code itself knows best.

``python -m quetsach.cli.reference FOLDER`` writes them.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from quetsach import storage
from quetsach.assess.definitions import DEFINITIONS, NO_VERDICT
from quetsach.assess.events import EventKind, Holiday, KnownEvent
from quetsach.centre.tables import load_calendar, load_families
from quetsach.cli.main import build_parser
from quetsach.cli.parser import Parser
from quetsach.cli.scan_wording import KINDS
from quetsach.core.family import FamilyNames
from quetsach.core.pack import SYSTEM_NAMES, Action, Pack, Trait
from quetsach.core.period import Period
from quetsach.endpoint.collect.places import Place, places_of
from quetsach.endpoint.messages.formatting import ACTIONS
from quetsach.endpoint.report.families import UNDONE
from quetsach.installation import bundled
from quetsach.packs.load import load_shelf

# The page of what changes counts although no machine was cleaned, from the tables that every comparison reads.

_EVENTS_HEAD = """# Known events and holidays

What changes counts although no machine was cleaned. Each stands beside every change between two windows that it
touches, and on every time axis; a window with more days off is also compared with the same holiday of another year.
`data/events/SOURCE.md` says how the tables are made. Days are in UTC for events and in the country for holidays, both
ends included. Made of the tables by `make reference`; a test keeps it true.

- *Take-down* (triệt phá hạ tầng điều khiển): machines were cut off from who ran them, so that feeds may see fewer.
- *Instrument* (cách đo thay đổi): a sinkhole came to see other machines than before; counts do not compare.
"""
_KINDS = {EventKind.TAKE_DOWN: "take-down", EventKind.INSTRUMENT: "instrument"}


def render_events() -> str:
    """Return the page."""
    calendar, families = load_calendar(), load_families()
    events = sorted(calendar.events, key=lambda e: e.period.first)
    return "\n".join(
        (
            _EVENTS_HEAD,
            "## Events\n",
            "| days | kind | families | what happened | việc đã xảy ra | source |",
            "|---|---|---|---|---|---|",
            *(_event(event, families) for event in events),
            "\n## Holidays\n\n| days | holiday | ngày nghỉ |\n|---|---|---|",
            *_holidays(calendar.holidays),
            "",
        )
    )


def _event(event: KnownEvent, families: FamilyNames) -> str:
    known = families.families
    names = ", ".join(known[family].name if family in known else family for family in event.families)
    cells = (_days(event.period), _KINDS[event.kind], names, event.text.en, event.text.vi, event.source)
    return f"| {' | '.join(cells)} |"


def _holidays(holidays: tuple[Holiday, ...]) -> Iterator[str]:
    for holiday in sorted(holidays, key=lambda h: h.period.first):
        yield f"| {_days(holiday.period)} | {holiday.name.en} | {holiday.name.vi} |"


def _days(period: Period) -> str:
    return str(period.first) if period.days == 1 else f"{period.first} to {period.last}"


# The page of all families on the shelf, made of their packs: what is found, removed and put back, and who says so.

_PLATFORMS = {
    **SYSTEM_NAMES,
    "android": "Android",
    "camera": "cameras",
    "nas": "network storage",
    "router": "routers",
}
_NOT_STARTED = frozenset({Action.REMOVE_UNIT, Action.REMOVE_SERVICE})

_HEAD = """# Families

What the shelf of packs finds, what a clean-up removes, and what undo puts back. A pack for devices has guidance only:
the tool does not run there. A pack that only reports leaves the rest to people. Made of the packs by `make reference`;
a test keeps it true.

| family | platforms | what is found | what is removed | what undo restores | source |
|---|---|---|---|---|---|"""


def render_families() -> str:
    """Return the page."""
    packs = load_shelf(bundled("packs"))
    return "\n".join([_HEAD, *map(_row, packs), "", *_undo_section(packs), *map(_section, packs)])


def _undo_section(packs: Iterable[Pack]) -> list[str]:
    """Return what undo does for each action that some packs use."""
    actions = sorted({trait.action for pack in packs for trait in pack.traits} - {Action.REPORT})
    lines = [f"- {ACTIONS[action].en}: {UNDONE[action].en}" for action in actions]
    return ["What each act is, and what undo does:", "", *lines, ""]


def _row(pack: Pack) -> str:
    cells = (
        f"[{_cell(pack.name.en)}](#{pack.family})",
        _platforms(pack),
        _kinds(pack.traits) or "guidance",
        _removed(pack),
        _restored(pack),
        ", ".join(_link(reference) for reference in pack.references[:3]) or "sources.md",
    )
    return f"| {' | '.join(cells)} |"


def _section(pack: Pack) -> str:
    lines = [
        f"## {pack.family}",
        "",
        f"{_cell(pack.name.en)} (*{_cell(pack.name.vi)}*), {pack.severity}, version {pack.version}.",
    ]
    if pack.aliases:
        lines[-1] += f" Also called {', '.join(f'`{alias}`' for alias in pack.aliases)}."
    if pack.traits:
        lines += ["", "| trace | found as | done | why |", "|---|---|---|---|", *map(_trait, pack.traits)]
    lines += ["", f"Facts and limits: `packs/{pack.family}/sources.md`."]
    lines += ["", *(f"- <{reference}>" for reference in pack.references)] if pack.references else []
    lines.append("")
    return "\n".join(lines)


def _trait(trait: Trait) -> str:
    return f"| `{trait.id}` | {KINDS[trait.kind].en} | {ACTIONS[trait.action].en} | {_cell(trait.why.en)} |"


def _platforms(pack: Pack) -> str:
    return ", ".join(_PLATFORMS[platform] for platform in sorted(pack.platforms))


def _kinds(traits: Iterable[Trait]) -> str:
    """Return the kinds of traces, in the order of the recipe, with how many traits are about each."""
    counts = Counter(KINDS[trait.kind].en for trait in traits)
    return ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in counts.items())


def _removed(pack: Pack) -> str:
    if pack.is_guidance_only:
        return "by the owner, as the guidance says"
    return _kinds(trait for trait in pack.traits if trait.action is not Action.REPORT) or "nothing: it only reports"


def _restored(pack: Pack) -> str:
    actions = {trait.action for trait in pack.traits} - {Action.REPORT}
    if not actions:
        return "nothing was changed"
    exceptions = ["ended processes stay ended"] * (Action.KILL in actions)
    exceptions += ["services are not started"] * bool(actions & _NOT_STARTED)
    return "; ".join(["all of it, exactly", *exceptions])


def _link(reference: str) -> str:
    return f"[{urlsplit(reference).hostname}]({reference})"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def walk(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser and every command below it, in the order of the help."""
    if isinstance(parser, Parser):
        parser.fill()
    yield parser
    for action in parser._actions:  # noqa: SLF001  (argparse has no public way to list its commands)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield from walk(command)


def render_commands() -> str:
    """Return the page of all commands, from their own help."""
    head = (
        "# Commands\n\nMade from the command's own help by `make reference`; a test keeps it true. Help, like all that "
        "commands say, is in Vietnamese unless `--lang en` is given or `QUETSACH_LANG` is `en`.\n"
    )
    parts = [head]
    for parser in walk(build_parser()):
        depth = parser.prog.count(" ")
        parts.append(f"{'#' * (depth + 2)} {parser.prog}\n\n```text\n{parser.format_help().strip()}\n```\n")
    return "\n".join(parts)


def render_definitions() -> str:
    """Return the page of what each published number means, from the texts that stand beside the numbers."""
    head = (
        "# Definitions of figures\n\nThe portal, the command and the open data use these very texts. Made by "
        "`make reference`; a test keeps it true.\n"
    )
    sections = [
        f"## {definition.name.en}\n\n`{definition.id}`, unit: {definition.unit.en}\n\n{definition.text.en}\n\n"
        f"*{definition.name.vi}* ({definition.unit.vi}): {definition.text.vi}\n"
        for definition in DEFINITIONS.values()
    ]
    return "\n".join((head, *sections, f"## No verdict\n\n{NO_VERDICT.en}\n\n{NO_VERDICT.vi}\n"))


def render_places() -> str:
    """Return the page of all places that collectors look at, from the files that describe them."""
    head = (
        "# Places\n\nWhere the tool looks for what starts, is trusted or leads elsewhere: one file of data a place. "
        "`{home}` is the home of every account, `*` any name. The name of a place is the field `place` of its "
        "artefacts. Made by `make reference`; a test keeps it true.\n"
    )
    parts = [head]
    for platform, name in (("linux", "Linux"), ("windows", "Windows"), ("macos", "macOS")):
        places = places_of(platform)
        parts.append(f"## {name}\n\n{len(places)} places.\n")
        parts += map(_render_place, places)
    return "\n".join(parts)


def _render_place(place: Place) -> str:
    where = "".join(f"- `{item}`\n" for item in (*place.paths, *place.keys)) or "- the running system\n"
    names = ", ".join(f"`{name or '(default)'}`" for name in place.names)
    defaults = "".join(f"- `{name}` is `{value}` from the factory\n" for name, value in place.defaults.items())
    sources = ", ".join(f"<{source}>" if source.startswith("https://") else source for source in place.sources)
    values = f"Only {names}.\n\n" if names else ""
    spared = ", ".join(f"`{name}`" for name in place.spared)
    values += f"Not {spared}.\n\n" if spared else ""
    heading = f"### {place.name}\n\n{place.title.en} ({place.title.vi}): [{place.kind}](collectors.md#{place.kind})\n\n"
    return f"{heading}{where}{defaults}\n{values}Sources: {sources}\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": render_commands,
    "definitions.md": render_definitions,
    "events.md": render_events,
    "families.md": render_families,
    "places.md": render_places,
}


if __name__ == "__main__":
    for name, render in PAGES.items():
        storage.write(Path(sys.argv[1], name), render(), mode=storage.SHARED)
