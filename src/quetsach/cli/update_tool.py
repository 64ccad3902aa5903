"""The second half of ``quetsach update``: a newer version of the tool itself, after one question."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from quetsach import __version__
from quetsach.cli.acting import agreed, answer_to
from quetsach.cli.output import Progress
from quetsach.packs import upgrade as upgrading
from quetsach.packs.replacing import put_in_place
from quetsach.packs.trust import Trust
from quetsach.packs.update import opened
from quetsach.packs.upgrade import fetch_upgrade, find_upgrade


def add_tool_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments about the tool itself."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="put a newer version of the tool in place without asking")
    choice.add_argument("--packs-only", action="store_true", help="do not look for a newer version of the tool")


def bring_up_to_date(
    arguments: argparse.Namespace, words: Mapping[str, str], *, state: Path, trust: Trust
) -> dict[str, object] | None:
    """Look for a newer build of this download and put it in place if that is wanted; return what came of it for JSON.

    Nothing for builds that others keep up to date, such as a Python package.

    Raises:
        RefusedError: what the repository says or sends is not as it was signed.
        UnreachableError: it does not answer.
        UpgradeError: the new version cannot be put in place.
    """
    build = upgrading.own_build()
    if arguments.packs_only:
        return None
    if build is None:
        _say(arguments, words["tool-elsewhere"].format(version=__version__))
        return None
    with opened(state, trust) as source:
        found = find_upgrade(source, build)
    told: dict[str, object] = {"version": build.version, "newer": found.version if found else "", "installed": False}
    if found is None:
        _say(arguments, words["tool-same"].format(version=build.version))
        return told
    shown = words["tool-newer"].format(version=found.version, size=f"{found.size_bytes / 1_000_000:.1f}")
    if not _is_wanted(arguments, words, shown):
        _say(arguments, f"{shown}\n{words['tool-how']}")
        return told
    with Progress(words["tool-progress"]), opened(state, trust) as source:
        content = fetch_upgrade(source, found)
    with Progress(words["tool-placing"]):
        place = put_in_place(content, found, build, state)
    done = "tool-done" if build.folder else "tool-done-file"
    _say(arguments, words[done].format(version=found.version, place=place, old=build.version))
    return told | {"installed": True, "place": str(place)}


def _is_wanted(arguments: argparse.Namespace, words: Mapping[str, str], shown: str) -> bool:
    if arguments.yes:
        return True
    if arguments.json or not sys.stdin.isatty():
        return False
    return agreed(answer_to(f"{shown} {words['tool-question']} "))


def _say(arguments: argparse.Namespace, text: str) -> None:
    if not arguments.json:
        print(text)
