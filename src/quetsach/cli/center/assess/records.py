"""Files of a campaign that are written once, before it begins: the order of roll-out, the registered analysis."""

import argparse
from pathlib import Path

from quetsach import storage
from quetsach.cli.locations import default_data
from quetsach.core.errors import InputError, QuetsachError

MAX_BYTES = 8 << 20
ROLL_OUT, LOT, REGISTRATION = "roll-out.json", "lot.json", "registration.json"
WRITTEN_ONCE = "what was published before the start stays; a new campaign gets a new name"


def campaign_folder(arguments: argparse.Namespace) -> Path:
    """Return where the files of the campaign that was named lie; it may not be there yet.

    Raises:
        QuetsachError: the name is no identifier.
    """
    from quetsach.campaign.section import Section  # noqa: PLC0415

    name = Section({"CAMPAIGN": arguments.campaign}, "command line").identifier("CAMPAIGN")
    return Path(arguments.data or default_data()) / "campaigns" / name


def refuse_campaign(folder: Path) -> None:
    """Refuse a folder that is a campaign's for a trial: each has one registration, and it lies there.

    Raises:
        InputError: a campaign of the centre or of its country has this name.
    """
    from quetsach.centre.tables import campaign_names  # noqa: PLC0415

    if (folder / ROLL_OUT).exists() or folder.name in campaign_names(folder.parents[1]):
        hint = "a trial has a name of its own, and its registration lies there"
        raise InputError("this is the name of a campaign", where=folder.name, hint=hint)


def refuse_trial(folder: Path) -> None:
    """Refuse a folder that is a trial's for a campaign.

    Raises:
        InputError: the lot of a trial was drawn there.
    """
    if (folder / LOT).exists():
        hint = "a campaign has a name of its own, and its registration lies there"
        raise InputError("this is the name of a trial", where=folder.name, hint=hint)


def read_file(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: it cannot be read, or has more bytes than the limit.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(content) > limit:
        raise InputError(f"larger than {limit >> 20} MiB", where=str(path))
    return content


def write_once(path: Path, content: bytes, refusal: str) -> None:
    """Write a file that must not be there yet, whole.

    Raises:
        QuetsachError: it is there, or cannot be written.
    """
    try:
        storage.make_folder(path.parent)
        storage.write_once(path, content)
    except FileExistsError as error:
        raise InputError(refusal, where=str(path), hint=WRITTEN_ONCE) from error
    except OSError as error:
        raise QuetsachError(f"cannot be written: {error.strerror}", where=str(path)) from error
