"""``quetsach update``: signed packs from the centre, or from a folder carried there."""

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach import __version__, storage
from quetsach.cli.confirmation import agreed, answer_to
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.text import Text
from quetsach.endpoint.host.live import check_private
from quetsach.endpoint.messages.formatting import HINTS, REFUSALS, hint_text
from quetsach.installation import bundled_trust
from quetsach.packs import NEEDS_A_NEWER_TOOL, RefusedError, UnreachableError
from quetsach.packs import upgrade as upgrading
from quetsach.packs.installed import Ring
from quetsach.packs.source import Trust, load_trust, read_root
from quetsach.packs.update import UpdateResult, opened, update
from quetsach.packs.upgrade import fetch_upgrade, find_upgrade, put_in_place

# The second half of ``quetsach update``: a newer version of the tool itself, after one question.


def add_tool_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments about the tool itself."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="put a newer version of the tool in place without asking")
    choice.add_argument("--packs-only", action="store_true", help="do not look for a newer version of the tool")


def bring_up_to_date(
    arguments: argparse.Namespace, language: str, *, state: Path, trust: Trust
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
        _say(
            arguments,
            Text(
                "The tool itself (version {version}) cannot replace itself here, as it was installed "
                "as a Python package or runs from its source: update it the way it was installed.",
                version=__version__,
            ).in_language(language),
        )
        return None
    with opened(state, trust) as source:
        found = find_upgrade(source, build)
    told: dict[str, object] = {"version": build.version, "newer": found.version if found else "", "installed": False}
    if found is None:
        _say(
            arguments,
            Text("The tool itself is up to date (version {version}).", version=build.version).in_language(language),
        )
        return told
    shown = Text(
        "There is a newer version of the tool: {version} ({size} MB).",
        version=found.version,
        size=f"{found.size_bytes / 1_000_000:.1f}",
    ).in_language(language)
    if not _is_wanted(arguments, language, shown):
        _say(arguments, f"{shown}\n{Text('To put it in place: quetsach update --yes').in_language(language)}")
        return told
    with Progress(Text("Fetching the tool").in_language(language)), opened(state, trust) as source:
        content = fetch_upgrade(source, found)
    with Progress(Text("The new version makes a test scan").in_language(language)):
        place = put_in_place(content, found, build, state)
    done = (
        Text(
            "Version {version} of the tool has passed its test scan and is used from now on. "
            "Version {old} stays beside it until the next update."
        )
        if build.folder
        else Text(
            "Version {version} of the tool has passed its test scan. It is the file {place}; the "
            "old one can be deleted."
        )
    )
    _say(arguments, done.with_values(version=found.version, place=place, old=build.version).in_language(language))
    return told | {"installed": True, "place": str(place)}


def _is_wanted(arguments: argparse.Namespace, language: str, shown: str) -> bool:
    if arguments.yes:
        return True
    if arguments.json or not sys.stdin.isatty():
        return False
    return agreed(
        answer_to(
            f"{shown} {
                Text(
                    'Put it in place now? The version in use stays until the new one has passed a test scan. [yes/no]'
                ).in_language(language)
            } "
        )
    )


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
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    state = arguments.state or default_state()
    trust = _trust(arguments, state)
    if trust is None:
        return _complain(language, "no-trust")
    if not trust.repository:
        return _complain(language, "no-address")
    try:
        require_private(state)
        result = _update_packs(arguments, language, state, trust)
        if not arguments.json and not isinstance(result, RefusedError):
            _print(language, result)
        tool = bring_up_to_date(arguments, language, state=state, trust=trust)
        if isinstance(result, RefusedError):
            raise result
    except RefusedError as error:
        return _complain(language, error.reason, where=error.where, code=ExitCode.PACKS_INVALID)
    except UnreachableError as error:
        detail = hint_text(error, chosen_language(arguments))
        return _complain(language, "unreachable", where=error.where, detail=detail)
    if arguments.json:
        print_json(result.as_json() | ({"tool": tool} if tool else {}))
    return ExitCode.NOTHING_FOUND


def _update_packs(
    arguments: argparse.Namespace, language: str, state: Path, trust: Trust
) -> UpdateResult | RefusedError:
    """Return what an update of packs came to; a refusal where a newer version of the tool may help, which comes next.

    Raises:
        RefusedError: any other refusal.
        UnreachableError: the repository does not answer.
    """
    try:
        with Progress(Text("Fetching packs").in_language(language)) as progress:
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
        raise UnreachableError(Text("the state cannot be written"), where=str(state), hint=str(error)) from error


def _print(language: str, result: UpdateResult) -> None:
    counts = {"installed": len(result.installed), "unchanged": len(result.unchanged), "removed": len(result.removed)}
    done = (
        Text("Updated. Packs that are new: {installed}; kept: {unchanged}; gone: {removed}.")
        if result.installed or result.removed
        else Text("The packs are up to date (packs: {unchanged}).")
    )
    print(done.with_values(**counts).in_language(language))
    for change, names in (
        (Text("  + {name}"), result.installed),
        (Text("  - {name} (replaced, or no longer offered by the centre)"), result.removed),
    ):
        for name in names:
            print(change.with_values(name=name).in_language(language))
    if result.withdrawn:
        print(
            Text(
                "Taken back by the centre and no longer used: {names}.", names=", ".join(result.withdrawn)
            ).in_language(language)
        )
    if result.ring != "general":
        print(Text("This machine is in the canary ring: it gets new packs before others.").in_language(language))
    print(Text("Source: {repository}", repository=result.repository).in_language(language))
    print(Text("Root of trust (SHA-256): {fingerprint}", fingerprint=result.fingerprint).in_language(language))


def _complain(language: str, reason: str, *, where: str = "", detail: str = "", code: ExitCode = ExitCode.USAGE) -> int:
    what, hint = REFUSALS[reason], HINTS[reason].with_values(today=f"{datetime.now(UTC):%Y-%m-%d}", detail=detail)
    if where:
        text = Text(
            "{reason}. The installed packs stay as they are.\nwhere: {where}\nhint: {hint}",
            reason=what,
            where=where,
            hint=hint,
        ).in_language(language)
    else:
        text = f"{what.in_language(language)}\n{Text('hint: {text}', text=hint).in_language(language)}"
    print(f"quetsach: {text}", file=sys.stderr)
    return code
