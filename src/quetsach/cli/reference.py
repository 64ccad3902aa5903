"""Pages of ``docs/reference`` that the code itself knows best.

``python -m quetsach.cli.reference FOLDER`` writes them.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from quetsach import storage
from quetsach.assess.definitions import DEFINITIONS, NO_VERDICT
from quetsach.cli.events_page import render_events
from quetsach.cli.families_page import render_families
from quetsach.cli.main import build_parser
from quetsach.cli.parser import Parser
from quetsach.endpoint.collect.places import Place, places_of


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
    parts = ["# Commands\n\nMade from the command's own help by `make reference`; a test keeps it true.\n"]
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
