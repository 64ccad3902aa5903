"""``quetsach update``: signed packs from the centre, or from a folder carried there."""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach import __version__, storage
from quetsach.cli.confirmation import agreed, answer_to
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import ExitCode, Parser, add_language, chosen_language
from quetsach.endpoint.host.live import check_private
from quetsach.endpoint.messages import messages
from quetsach.endpoint.messages.formatting import translated
from quetsach.installation import bundled_trust
from quetsach.packs import upgrade as upgrading
from quetsach.packs.errors import NEEDS_A_NEWER_TOOL, RefusedError, UnreachableError
from quetsach.packs.installed import Ring
from quetsach.packs.replacement import put_in_place
from quetsach.packs.trust import Trust, load_trust, read_root
from quetsach.packs.update import UpdateResult, opened, update
from quetsach.packs.upgrade import fetch_upgrade, find_upgrade

# The second half of ``quetsach update``: a newer version of the tool itself, after one question.


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


def register(parser: Parser) -> None:
    """Add ``update``."""
    parser.show_examples(
        "quetsach update\n"
        "quetsach update --yes\n"
        "quetsach update --ring canary\n"
        "quetsach update --repository /media/usb/repository\n"
        "quetsach update --repository https://centre.example/repository --trust-root root.json"
    )
    parser.add_argument("--repository", metavar="URL|DIR", help="where from, instead of the centre of this build")
    parser.add_argument(
        "--trust-root", type=Path, metavar="FILE", help="trust this root from now on; compare its SHA-256 first"
    )
    parser.add_argument(
        "--ring",
        choices=("general", "canary"),
        help="which packs to get from now on; canary machines get new ones first (at first: general)",
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")
    add_tool_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    words = messages("update", chosen_language(arguments))
    state = arguments.state or default_state()
    trust = _trust(arguments, state)
    if trust is None:
        return _complain(words, "no-trust")
    if not trust.repository:
        return _complain(words, "no-address")
    try:
        require_private(state)
        result = _update_packs(arguments, words, state, trust)
        if not arguments.json and not isinstance(result, RefusedError):
            _print(words, result)
        tool = bring_up_to_date(arguments, words, state=state, trust=trust)
        if isinstance(result, RefusedError):
            raise result
    except RefusedError as error:
        return _complain(words, error.reason, where=error.where, code=ExitCode.PACKS_INVALID)
    except UnreachableError as error:
        detail = translated(error.hint, chosen_language(arguments))
        return _complain(words, "unreachable", where=error.where, detail=detail)
    if arguments.json:
        print_json(result.as_json() | ({"tool": tool} if tool else {}))
    return ExitCode.NOTHING_FOUND


def _update_packs(
    arguments: argparse.Namespace, words: Mapping[str, str], state: Path, trust: Trust
) -> UpdateResult | RefusedError:
    """Return what an update of packs came to; a refusal where a newer version of the tool may help, which comes next.

    Raises:
        RefusedError: any other refusal.
        UnreachableError: the repository does not answer.
    """
    try:
        with Progress(words["progress"]) as progress:
            return update(
                state,
                trust=trust,
                ring=Ring(arguments.ring) if arguments.ring else None,
                remember=arguments.trust_root is not None,
                tick=lambda done, total: progress.advance(note=f"{done}/{total}"),
            )
    except RefusedError as error:
        if error.reason in NEEDS_A_NEWER_TOOL:
            return error
        raise


def _trust(arguments: argparse.Namespace, state: Path) -> Trust | None:
    """Return the trust a person names, else the one remembered in the state, else the one of this build."""
    known = load_trust(state / "trust") or load_trust(bundled_trust())
    if arguments.trust_root is not None:
        root = read_root(arguments.trust_root)
        known = known if known and known.root == root else Trust(root, "")
    if known and arguments.repository:
        return replace(known, repository=_address(arguments.repository))
    return known


def _address(repository: str) -> str:
    """Return a URL as it is, and a folder with its whole path: it is remembered, and the next update runs elsewhere."""
    return repository if "://" in repository else str(Path(repository).absolute())


def require_private(state: Path) -> None:
    """Make the state folder, or check that nobody else can have put links or packs into it.

    Raises:
        StateError: it belongs to someone else, is a link, or others may write into it.
        UnreachableError: it cannot be made.
    """
    if os.name != "posix":  # other systems have other rights
        return
    try:
        storage.make_folder(state)
        check_private(state)
    except OSError as error:
        raise UnreachableError("the state cannot be written", where=str(state), hint=str(error)) from error


def _print(words: Mapping[str, str], result: UpdateResult) -> None:
    counts = {"installed": len(result.installed), "unchanged": len(result.unchanged), "removed": len(result.removed)}
    print(words["done-new" if result.installed or result.removed else "done-same"].format_map(counts))
    for key, names in (("pack-new", result.installed), ("pack-removed", result.removed)):
        for name in names:
            print(words[key].format(name=name))
    if result.withdrawn:
        print(words["taken-back"].format(names=", ".join(result.withdrawn)))
    if result.ring != "general":
        print(words["ring-canary"])
    print(words["source"].format(repository=result.repository))
    print(words["trust"].format(fingerprint=result.fingerprint))


def _complain(
    words: Mapping[str, str], reason: str, *, where: str = "", detail: str = "", code: ExitCode = ExitCode.USAGE
) -> int:
    hint = words[f"{reason}-hint"].format(today=f"{datetime.now(UTC):%Y-%m-%d}", detail=detail)
    if where:
        text = words["refused"].format(reason=words[reason], where=where, hint=hint)
    else:
        text = f"{words[reason]}\n{words['hint'].format(text=hint)}"
    print(f"quetsach: {text}", file=sys.stderr)
    return code
