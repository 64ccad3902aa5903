"""``quetsach center simulate``: a country with known truth, as feed files."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.centre.tables import bundled_ranges, scenario_content
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import LocalText, Number, SystemText, Text, both
from quetsach.simulate import Order, is_country, read_country, read_scenario, simulate, write_country


def run(arguments: argparse.Namespace) -> int:
    """Write the feed files of a country whose true numbers are known."""
    content, file = scenario_content(arguments.scenario)
    play = _play_country if is_country(content, file=file) else _replay
    try:
        result, note = play(arguments, content, file)
    except OSError as error:
        where = str(error.filename or arguments.out)
        raise InputError(Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=where) from error
    _tell(arguments, result, note)
    return ExitCode.NOTHING_FOUND


def _replay(arguments: argparse.Namespace, content: bytes, file: str) -> tuple[dict[str, Any], LocalText]:
    """Play published totals into day files."""
    if arguments.leases:
        raise InputError(Text("a replay of published totals has no leases"), hint=Text("leave out --leases"))
    scenario, out = read_scenario(content, file=file), arguments.out
    rows = files = 0
    storage.make_folder(out, mode=storage.SHARED_FOLDER)
    with Progress(
        Text("simulating", context="progress").in_language(chosen_language(arguments)), scenario.days
    ) as progress:
        for name, pieces in simulate(scenario, bundled_ranges(), scale=arguments.scale, seed=arguments.seed):
            rows += _write(out / name, pieces)
            files += 1
            progress.advance(note=name)
    return {"scenario": scenario.id, "files": files, "rows": rows, "out": str(out)}, scenario.note


def _play_country(arguments: argparse.Namespace, content: bytes, file: str) -> tuple[dict[str, Any], LocalText]:
    """Play a country of machines into a folder with feeds and truth."""
    scenario = read_country(content, file=file)
    scale = 1 if arguments.scale is None else arguments.scale
    order = Order(content, scenario, scale=scale, seed=arguments.seed, has_leases=arguments.leases)
    with Progress(
        Text("simulating", context="progress").in_language(chosen_language(arguments)), scenario.days
    ) as progress:
        manifest, is_new = write_country(
            order, bundled_ranges(), arguments.out, progress=lambda day: progress.advance(note=day)
        )
    feeds = [entry for entry in manifest["files"] if entry["name"].startswith("feeds/")]
    result = {"scenario": scenario.id, "files": len(feeds), "rows": sum(entry["rows"] for entry in feeds)}
    result |= {"out": str(arguments.out), "written": is_new, "true_reduction": manifest["true_reduction"]}
    return result, scenario.note


def _tell(arguments: argparse.Namespace, result: dict[str, Any], note: LocalText) -> None:
    """Print what was written, and the note that goes with it."""
    language = chosen_language(arguments)
    if arguments.json:
        print_json({**result, "note": both(note)})
        return
    files, rows, out = result["files"], Number(result["rows"]), result["out"]
    if result.get("written", True):
        told = Text("{files} files, {rows} rows in {out}", files=files, rows=rows, out=out)
    else:
        told = Text(
            "The folder already has all of this: {files} files, {rows} rows in {out}", files=files, rows=rows, out=out
        )
    print(told.in_language(language))
    if reduction := result.get("true_reduction"):
        infected = Number(100 * (reduction["infected"] or 0), decimals=1)
        told = Text("True reduction against no campaign (last 28 days): {infected} %", infected=infected)
        print(told.in_language(language))
    print(note.in_language(language))


def _write(path: Path, pieces: Iterator[bytes]) -> int:
    """Write one file, whole or not at all; return how many rows it has under the header."""
    lines = 0
    with storage.replacing(path, mode=storage.SHARED) as file:
        for piece in pieces:
            file.write(piece)
            lines += piece.count(b"\n")
    return lines - 1
