"""``quetsach center tools``: whether the links of the catalogue of other makers' tools lead where they should."""

import argparse
from collections.abc import Sequence

from quetsach.centre.other_tool_links import CheckedLink, LinkState, check_links
from quetsach.centre.other_tools import load_other_tools
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import Text, all_in_language

_COLUMNS = (
    Text("tool"),
    Text("link", context="of a tool"),
    Text("state", context="of a link"),
    Text("what it leads to"),
)
_STATES = {
    LinkState.ANSWERS: Text("answers"),
    LinkState.ELSEWHERE: Text("another server"),
    LinkState.REFUSED: Text("wants no programs"),
    LinkState.BROKEN: Text("broken"),
}


def check(arguments: argparse.Namespace) -> int:
    """Ask every link and tell what became of it; nothing is changed."""
    language = chosen_language(arguments)
    data = arguments.data or default_data()
    tools = load_other_tools(data if data.is_dir() else None)
    with Progress(Text("asking the links").in_language(language)) as progress:
        found = list(check_links(tools, ca_file=arguments.ca_file, progress=progress.advance))
    if arguments.json:
        print_json([_as_json(one) for one in found])
    else:
        print_table(all_in_language(_COLUMNS, language), [_row(one, language) for one in found])
        for one in found:
            if one.error is not None:
                complain(one.error, language, named=one.tool.id)
        tell(_advice(found), language)
    return _exit_code(found)


def _row(one: CheckedLink, language: str) -> tuple[object, ...]:
    state = _STATES[one.state].in_language(language)
    told = f"{state} ({one.status})" if one.status else state
    return one.tool.id, one.url, told, one.answered_by if one.answered_by not in ("", one.url) else "—"


def _as_json(one: CheckedLink) -> dict[str, object]:
    return {
        "tool": one.tool.id,
        "of": "checksums" if one.is_checksums else "tool",
        "url": one.url,
        "state": one.state,
        "status": one.status or None,
        "answered_by": one.answered_by or None,
        "error": {each: one.error.in_language(each) for each in DATA_LANGUAGES} if one.error else None,
    }


def _advice(found: Sequence[CheckedLink]) -> Text:
    states = {one.state for one in found}
    if found and not any(one.status for one in found):
        return Text("No server answered at all: does this machine reach the Internet? Nothing was changed.")
    if states & {LinkState.BROKEN, LinkState.ELSEWHERE}:
        return Text(
            "Look at the makers' sites by hand, and have the entries changed in the office; nothing was changed."
        )
    if LinkState.REFUSED in states:
        return Text("Some servers answer people alone: open those links by hand. Nothing was changed.")
    return Text("All links answer. That says nothing about what they lead to: somebody has to look at that.")


def _exit_code(found: Sequence[CheckedLink]) -> ExitCode:
    states = {one.state for one in found}
    if states & {LinkState.BROKEN, LinkState.ELSEWHERE}:
        return ExitCode.USAGE
    return ExitCode.NOT_CONCLUSIVE if LinkState.REFUSED in states else ExitCode.NOTHING_FOUND
