"""``quetsach packs test``: plants specimens, finds them, removes them, puts them back, and says what went wrong."""

import argparse
import os
import time
from pathlib import Path
from typing import Any

from quetsach.cli.output import Progress, print_json, tell
from quetsach.cli.packs import add_goodware_arguments
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.cli.scan_options import number_of_jobs
from quetsach.cli.trial.pack import HonestTrial, PackTrial, try_goodware, try_innocent_drives, try_packs
from quetsach.cli.trial.specimen import SpecimenTrial
from quetsach.core.text import Joined, LocalText, Number, Text
from quetsach.installation import bundled
from quetsach.packs.load import packs_at

_LOOKED = {"innocent": Text("innocent files {files}"), "goodware": Text("goodware files {files}")}


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
    language = chosen_language(arguments)
    with Progress(Text("packs", context="progress").in_language(language), len(folders)) as line:
        for trial in try_packs(folders, jobs=arguments.jobs):
            line.advance(note=trial.path.name)
            trials.append(trial)
    trials.sort(key=lambda trial: folders.index(trial.path))
    honest = _look_at_honest(trials, arguments)
    seconds = time.monotonic() - started
    if arguments.json:
        print_json(_json(trials, honest, seconds))
    else:
        _tell(trials, honest, seconds, chosen_language(arguments))
    bad = any(trial.problems for trial in trials)
    return ExitCode.PACKS_INVALID if bad else ExitCode.NOTHING_FOUND


def _look_at_honest(trials: list[PackTrial], arguments: argparse.Namespace) -> dict[str, HonestTrial]:
    """Let all packs look where nothing is; what they find becomes a problem of the pack that finds it."""
    packs = [trial.pack for trial in trials if trial.pack is not None and not trial.pack.is_guidance_only]
    if not packs:
        return {}
    honest = {"innocent": try_innocent_drives(packs)}
    if not arguments.no_goodware:
        with Progress(Text("honest files", context="progress").in_language(chosen_language(arguments))) as line:
            honest["goodware"] = try_goodware(packs, arguments.goodware, jobs=arguments.jobs, advance=line.move_to)
    for trial in trials:
        if trial.pack is not None:
            for look in honest.values():
                trial.problems += look.problems.get(trial.pack.family, [])
    return honest


def _tell(trials: list[PackTrial], honest: dict[str, HonestTrial], seconds: float, language: str) -> None:
    for trial in trials:
        for problem in trial.problems:
            tell(Text("✗ problem  {told}", told=_placed(problem, trial.path)), language)
        if not trial.problems:
            good = Text("✓ good     {pack}: {counted}", pack=trial.path, counted=_counted(trial))
            tell(Joined([good, Text("({seconds} s)", seconds=Number(trial.seconds, 1))], " "), language)
    parts = [Text("packs: {packs}, in {seconds} s", packs=len(trials), seconds=Number(seconds, 1))]
    parts += [_LOOKED[name].with_values(files=Number(look.files)) for name, look in honest.items()]
    tell(Joined(parts, "; "), language)


def _placed(problem: str, path: Path) -> str:
    """Return a problem with its place, which an error names by itself, and its hint on a line of its own."""
    where = "" if problem.startswith(str(path)) else f"{path}: "
    return f"{where}{problem}".replace("\n", "\n  ")


def _counted(trial: PackTrial) -> LocalText:
    if not trial.specimens:
        is_guidance = trial.pack is not None and trial.pack.is_guidance_only
        return Text("guidance only") if is_guidance else Text("nothing to plant: it reports what others know")
    return Joined(map(_specimen, trial.specimens), "; ")


def _specimen(one: SpecimenTrial) -> LocalText:
    told = Text("{platform}: {found} found, {removed} removed and put back")
    if one.ended:
        told = Text("{platform}: {found} found, {removed} removed and put back, processes ended: {ended}")
    return told.with_values(platform=one.platform, found=one.planted, removed=one.removed, ended=one.ended)


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
