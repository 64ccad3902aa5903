"""``quetsach center lake``: sightings at the end of their lifetime, roll-ups, whether all is whole, who read."""

import argparse
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach.centre.ingest import expire_sightings
from quetsach.cli.center.opened import centre_with_lake, reader
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Number, Text, all_in_language, size_text
from quetsach.lake import backup, heads, keeping, readers
from quetsach.lake.heads import heads_path
from quetsach.lake.keeping import Expired
from quetsach.lake.verification import Verification, Verified

_ACCESS = (Text("time (UTC)"), Text("who"), Text("command"), Text("read"), Text("of"))
_MOST_FAULTS = 100


def expire(arguments: argparse.Namespace) -> int:
    """Delete sightings and delivered files that are older than their lifetime."""
    centre = centre_with_lake(arguments)
    gone = expire_sightings(centre, days=arguments.days, now=datetime.now(UTC), is_dry_run=arguments.dry_run)
    if arguments.json:
        print_json({**asdict(gone), "is_dry_run": arguments.dry_run})
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    if gone.files and centre.lake.shared is not None and not arguments.dry_run:
        told = Text(
            "{sightings} sightings of {days} days ({files} files, {size}) have expired and are counted no more. The "
            "object store keeps them for a day; the next quetsach center lake expire after that deletes them.",
            sightings=Number(gone.sightings),
            days=gone.days,
            files=gone.files,
            size=size_text(gone.size_bytes, language),
        )
        tell(told, language)
    elif gone.files:
        tell(_expired_text(gone, size_text(gone.size_bytes, language), is_dry_run=arguments.dry_run), language)
    else:
        tell(Text("No sightings are older than {days} days.", days=arguments.days), language)
    return ExitCode.NOTHING_FOUND


def _expired_text(gone: Expired, size: str, *, is_dry_run: bool) -> Text:
    sightings, days, files = Number(gone.sightings), gone.days, Number(gone.files)
    if is_dry_run:
        return Text(
            "{sightings} sightings of {days} days would be deleted ({files} files, {size}).",
            sightings=sightings,
            days=days,
            files=files,
            size=size,
        )
    if gone.is_deleted:
        return Text(
            "{sightings} sightings of {days} days are deleted ({files} files, {size}). Their roll-ups stay.",
            sightings=sightings,
            days=days,
            files=files,
            size=size,
        )
    return Text(
        "{sightings} sightings of {days} days ({files} files, {size}) have expired and are not deleted yet: somebody "
        "is reading. Once nobody is, the next ingest or lake command deletes them.",
        sightings=sightings,
        days=days,
        files=files,
        size=size,
    )


def rebuild(arguments: argparse.Namespace) -> int:
    """Make every roll-up again from its sightings."""
    lake = centre_with_lake(arguments).lake
    with Progress(
        Text("rebuilding", context="progress").in_language(chosen_language(arguments)), len(lake.view().roll_ups())
    ) as progress:
        rebuilt = keeping.rebuild(lake, progress=progress.advance)
    language = chosen_language(arguments)
    if arguments.json:
        print_json(asdict(rebuilt))
    else:
        tell(
            Text(
                "{made} roll-ups were made again, {mended} of them had to be mended; {expired} stay "
                "because their sightings have expired.",
                made=Number(rebuilt.made),
                mended=Number(rebuilt.mended),
                expired=Number(rebuilt.expired),
            ),
            language,
        )
    return ExitCode.USAGE if rebuilt.mended else ExitCode.NOTHING_FOUND


def compact(arguments: argparse.Namespace) -> int:
    """Put together the sightings of a day that came in many files, and divide those of a large one."""
    lake = centre_with_lake(arguments).lake
    if arguments.files < 2:
        raise InputError(Text("one file needs no gathering"), hint="--files 2")
    with Progress(
        Text("gathering", context="progress").in_language(chosen_language(arguments)), len(lake.view().catalog.sets())
    ) as progress:
        gathered = keeping.compact(lake, least_files=arguments.files, progress=progress.advance)
    language = chosen_language(arguments)
    if arguments.json:
        print_json(asdict(gathered))
    elif gathered.files:
        told = Text(
            "{files} files of {days} days of reports were put together; large days lie divided by address.",
            files=Number(gathered.files),
            days=Number(gathered.days),
        )
        tell(told, language)
    else:
        least = Number(arguments.files)
        tell(Text("No day of a report has {files} files or more, or has to be divided.", files=least), language)
    return ExitCode.NOTHING_FOUND


def verify(arguments: argparse.Namespace) -> int:
    """Look whether the lake is whole."""
    language = chosen_language(arguments)
    lake = centre_with_lake(arguments).lake
    verification = Verification(lake, is_deep=arguments.deep)
    label = Text("verifying", context="progress").in_language(language)
    with Progress(label, verification.steps) as progress:
        verified = verification.run(progress.advance)
    if arguments.json:
        faults = [{"kind": f.kind, "where": f.where, "what": f.what.en} for f in verified.faults]
        print_json({**asdict(replace(verified, faults=())), "is_whole": not verified.faults, "faults": faults})
    else:
        _tell_verified(verified, lake.folder, language)
    return ExitCode.USAGE if verified.faults else ExitCode.NOTHING_FOUND


def _tell_verified(verified: Verified, lake: Path, language: str) -> None:
    tell(
        Text(
            "Looked at: {deliveries} deliveries with {files} files; read whole: {landed} delivered files, and the "
            "sightings of {days} days of reports; {roll_ups} roll-ups made again; {readings} lines of the access log.",
            deliveries=Number(verified.deliveries),
            files=Number(verified.files),
            landed=Number(verified.landed),
            days=Number(verified.days),
            roll_ups=Number(verified.roll_ups),
            readings=Number(verified.readings),
        ),
        language,
    )
    if name := heads.key_name(lake):
        tell(Text("Signed heads: {path}; SHA-256 of the key: {key}", path=heads_path(lake), key=name), language)
    if verified.waiting:
        waiting = Number(verified.waiting)
        tell(Text("{files} files wait to be deleted by the next ingest or lake command.", files=waiting), language)
    for fault in verified.faults[:_MOST_FAULTS]:
        say(f"{fault.where}: {fault.what.in_language(language)}")
    if len(verified.faults) > _MOST_FAULTS:
        more = Number(len(verified.faults) - _MOST_FAULTS)
        tell(Text("… and {more} more; all of them with --json", more=more), language)
    if verified.faults:
        tell(Text("The lake is NOT whole: {faults} faults.", faults=Number(len(verified.faults))), language)
    elif verified.is_deep:
        tell(Text("The lake is whole."), language)
    else:
        tell(Text("No fault was found. Everything is read with --deep."), language)


def back_up(arguments: argparse.Namespace) -> int:
    """Copy the lake into another folder, or what has changed since the last time; or read a copy that is there."""
    if arguments.verify:
        return _check_backup(arguments)
    lake, language = centre_with_lake(arguments).lake, chosen_language(arguments)
    by = reader("center lake backup")
    with Progress(Text("copying", context="progress").in_language(language), len(lake.view().catalog.paths())) as bar:
        made = backup.back_up(lake, arguments.folder.absolute(), by=by, is_deep=arguments.deep, progress=bar.advance)
    if arguments.json:
        print_json(asdict(made))
    else:
        tell(
            Text(
                "The backup holds {files} files ({size}); {copied} of them were not there before.",
                files=Number(made.files),
                size=size_text(made.size_bytes, language),
                copied=Number(made.copied),
            ),
            language,
        )
    return ExitCode.NOTHING_FOUND


def _check_backup(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    total = len(backup.read_manifest(arguments.folder))
    with Progress(Text("verifying", context="progress").in_language(language), total) as bar:
        checked = backup.check(arguments.folder, progress=bar.advance)
    if arguments.json:
        faults = [{"where": where, "what": what.en} for where, what in checked.faults]
        print_json({**asdict(replace(checked, faults=())), "is_whole": not faults, "faults": faults})
        return ExitCode.USAGE if faults else ExitCode.NOTHING_FOUND
    for where, what in checked.faults[:_MOST_FAULTS]:
        say(f"{where}: {what.in_language(language)}")
    if len(checked.faults) > _MOST_FAULTS:
        more = Number(len(checked.faults) - _MOST_FAULTS)
        tell(Text("… and {more} more; all of them with --json", more=more), language)
    if checked.faults:
        tell(Text("The backup is NOT whole: {faults} faults.", faults=Number(len(checked.faults))), language)
        return ExitCode.USAGE
    tell(
        Text(
            "The backup of {at} is whole: {files} files ({size}), each read and with the bytes it had.",
            at=checked.made_at,
            files=Number(checked.files),
            size=size_text(checked.size_bytes, language),
        ),
        language,
    )
    return ExitCode.NOTHING_FOUND


def restore(arguments: argparse.Namespace) -> int:
    """Make the lake of a backup."""
    language, data = chosen_language(arguments), (arguments.data or default_data()).absolute()
    total = len(backup.read_manifest(arguments.folder))
    with Progress(Text("copying", context="progress").in_language(language), total) as bar:
        files = backup.restore(arguments.folder, data / "lake", progress=bar.advance)
    if arguments.json:
        print_json({"files": files})
    else:
        tell(Text("The lake is restored: {files} files, each with the bytes it had.", files=Number(files)), language)
    return ExitCode.NOTHING_FOUND


def take_over(arguments: argparse.Namespace) -> int:
    """Put a lake that lies in a folder into the object store of the centre."""
    files = backup.take_over(centre_with_lake(arguments).lake, arguments.folder.absolute())
    if arguments.json:
        print_json({"files": files})
    else:
        told = Text(
            "The lake lies in the object store: {files} files. The folder is as it was; remove it when the store is "
            "verified.",
            files=Number(files),
        )
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def print_access(arguments: argparse.Namespace) -> int:
    """List who read raw sightings."""
    lake = centre_with_lake(arguments).lake
    language = chosen_language(arguments)
    lines, cut = list(readers.readings(lake.folder)), list(readers.head_faults(lake.folder))
    told = [reading for reading, _ in lines if reading]
    broken = [number for number, (_, follows) in enumerate(lines, 1) if not follows]
    if arguments.json:
        print_json(
            {
                "readings": [asdict(reading) for reading in told],
                "broken_lines": broken,
                "heads": [one.en for one in cut],
            }
        )
    elif told:
        rows = [(f"{r.at:%Y-%m-%d %H:%M:%S}", r.who, r.command, r.what, r.of) for r in told]
        print_table(all_in_language(_ACCESS, language), rows)
    else:
        tell(Text("Nobody has read raw sightings yet."), language)
    if not arguments.json:
        for line in broken:
            tell(
                Text("Line {line} is damaged or does not follow the line before it: the log was changed.", line=line),
                language,
            )
        for one in cut:
            tell(one, language)
        if name := heads.key_name(lake.folder):
            tell(
                Text("Signed heads: {path}; SHA-256 of the key: {key}", path=heads_path(lake.folder), key=name),
                language,
            )
    return ExitCode.USAGE if broken or cut else ExitCode.NOTHING_FOUND
