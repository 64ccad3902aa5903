"""``quetsach packs test``: plants specimens, finds them, removes them, puts them back, and says what went wrong."""

import argparse
import os
import time
from pathlib import Path
from typing import Any

from quetsach.cli.output import Progress, print_json, say
from quetsach.cli.packs import add_goodware_arguments
from quetsach.cli.parser import ExitCode, Parser
from quetsach.cli.scan_options import number_of_jobs
from quetsach.cli.trial.pack import HonestTrial, PackTrial, try_goodware, try_innocent_drives, try_packs
from quetsach.installation import bundled
from quetsach.packs.load import packs_at


def register(parser: Parser) -> None:
    """Add ``test``."""
    parser.show_examples(
        "quetsach packs test\n"
        "quetsach packs test packs/xmrig-miner --no-goodware\n"
        "quetsach packs test packs --goodware /opt --json"
    )
    parser.add_argument(
        "folder", nargs="*", type=Path, metavar="FOLDER", help="pack folders or shelves of them (default: bundled)"
    )
    add_goodware_arguments(parser)
    parser.add_argument(
        "--jobs",
        type=number_of_jobs,
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="packs at once (default: 2)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    folders = [folder for given in arguments.folder or [bundled("packs")] for folder in packs_at(given)]
    trials: list[PackTrial] = []
    with Progress("packs", len(folders)) as line:
        for trial in try_packs(folders, jobs=arguments.jobs):
            line.advance(note=trial.path.name)
            trials.append(trial)
    trials.sort(key=lambda trial: folders.index(trial.path))
    honest = _look_at_honest(trials, arguments)
    seconds = time.monotonic() - started
    if arguments.json:
        print_json(_json(trials, honest, seconds))
    else:
        _tell(trials, honest, seconds)
    bad = any(trial.problems for trial in trials)
    return ExitCode.PACKS_INVALID if bad else ExitCode.NOTHING_FOUND


def _look_at_honest(trials: list[PackTrial], arguments: argparse.Namespace) -> dict[str, HonestTrial]:
    """Let all packs look where nothing is; what they find becomes a problem of the pack that finds it."""
    packs = [trial.pack for trial in trials if trial.pack is not None and not trial.pack.is_guidance_only]
    if not packs:
        return {}
    honest = {"innocent": try_innocent_drives(packs)}
    if not arguments.no_goodware:
        with Progress("honest files") as line:
            honest["goodware"] = try_goodware(packs, arguments.goodware, jobs=arguments.jobs, advance=line.move_to)
    for trial in trials:
        if trial.pack is not None:
            for look in honest.values():
                trial.problems += look.problems.get(trial.pack.family, [])
    return honest


def _tell(trials: list[PackTrial], honest: dict[str, HonestTrial], seconds: float) -> None:
    for trial in trials:
        for problem in trial.problems:
            say(f"✗ problem  {_placed(problem, trial.path)}")
        if not trial.problems:
            say(f"✓ good     {trial.path}: {_counted(trial)} ({trial.seconds:.1f} s)")
    looked = ", ".join(f"{name} files {look.files:,}" for name, look in honest.items())
    say(f"packs: {len(trials)}, in {seconds:.1f} s" + (f"; {looked}" if looked else ""))


def _placed(problem: str, path: Path) -> str:
    """Return a problem with its place, which an error names by itself, and its hint on a line of its own."""
    where = "" if problem.startswith(str(path)) else f"{path}: "
    return f"{where}{problem}".replace("\n", "\n  ")


def _counted(trial: PackTrial) -> str:
    if not trial.specimens:
        is_guidance = trial.pack is not None and trial.pack.is_guidance_only
        return "guidance only" if is_guidance else "nothing to plant: it reports what others know"
    return "; ".join(
        f"{one.platform}: {one.planted} found, {one.removed} removed and put back"
        + (f", processes ended: {one.ended}" if one.ended else "")
        for one in trial.specimens
    )


def _json(trials: list[PackTrial], honest: dict[str, HonestTrial], seconds: float) -> dict[str, Any]:
    return {
        "packs": [
            {
                "path": str(trial.path),
                "family": trial.pack.family if trial.pack else None,
                "version": trial.pack.version if trial.pack else None,
                "specimens": [
                    {"platform": one.platform, "planted": one.planted, "removed": one.removed, "ended": one.ended}
                    for one in trial.specimens
                ],
                "problems": trial.problems,
                "seconds": round(trial.seconds, 3),
            }
            for trial in trials
        ],
        "honest": {name: {"files": look.files, "size_bytes": look.size_bytes} for name, look in honest.items()},
        "seconds": round(seconds, 3),
    }
