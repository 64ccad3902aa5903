"""``quetsach rescue make``: the image is made, the right stick is made sure of, written and read back."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach.cli.confirmation import ended_politely, require_terminal
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress, print_json, print_table, say
from quetsach.cli.parser import chosen_language
from quetsach.core.pack import Pack
from quetsach.core.text import Text, size_text
from quetsach.endpoint.messages.formatting import what_text
from quetsach.installation import bundled, bundled_trust
from quetsach.packs.container import pack as packed
from quetsach.packs.installed import SUFFIX, installed_or_none
from quetsach.packs.load import families_of, load_pack, packs_at, read_pack
from quetsach.packs.source import REPOSITORY_FILE, ROOT_FILE, load_trust, repository_toml
from quetsach.packs.withdrawal import disarm, known_withdrawals
from quetsach.rescue import RescueError
from quetsach.rescue.device import Device, devices, look_at, opened, refusal, write_stick
from quetsach.rescue.image import Made, make_image
from quetsach.rescue.programs import attempt, require_builder, require_root

# What a rescue stick carries of packs and trust: what this machine would work with itself.


@dataclass(frozen=True, slots=True)
class Shelf:
    """Packs and root of trust for a stick: files by name inside ``quetsach/bundled``.

    ``families`` are those that it carries, ``left_out`` those of which the centre has taken something back: a stick may
    lie in a drawer for years, so nothing doubtful is put on it. ``newest`` is the version (a date) of its newest pack.
    """

    files: dict[str, bytes]
    families: tuple[str, ...]
    left_out: tuple[str, ...]
    newest: str


def shelf_of(state: Path) -> Shelf:
    """Return what a stick made with this state shall carry.

    Raises:
        PackError: a pack, or the list of what was taken back, cannot be used.
    """
    chosen: dict[str, tuple[Pack, Path]] = {}
    for path in _paths(state):
        one = load_pack(path)
        if one.family not in chosen or chosen[one.family][0].version < one.version:
            chosen[one.family] = one, path
    packs = tuple(one for one, _ in chosen.values())
    _, withdrawn = disarm(packs, known_withdrawals(state))
    left_out = {one.label.split("/")[0] for one in withdrawn}
    files = {f"packs/{family}{SUFFIX}": packed(read_pack(path)) for family, (_, path) in chosen.items()}
    files = {name: content for name, content in files.items() if Path(name).stem not in left_out}
    trust = load_trust(state / "trust") or load_trust(bundled_trust())
    if trust is not None:
        files |= {f"trust/{ROOT_FILE}": trust.root, f"trust/{REPOSITORY_FILE}": repository_toml(trust).encode()}
    kept = [one for one in packs if one.family not in left_out]
    newest = max((one.version for one in kept), default="")
    return Shelf(files, tuple(sorted(one.family for one in kept)), tuple(sorted(left_out)), newest)


def _paths(state: Path) -> list[Path]:
    """Return the packs that an update installed, and those of this build that the centre still lists."""
    ours = packs_at(bundled("packs"))
    installed = installed_or_none(state)
    if installed is None:
        return ours
    listed = families_of(installed)
    return packs_at(installed) + [path for path in ours if load_pack(path).family in listed]


_COLUMNS = (Text("device"), Text("model"), Text("size"), Text("serial number"), Text("can be written"))
_STEPS: Mapping[str, Text] = {
    "tool": Text("Gathering the tool and its packs…"),
    "system": Text(
        "Installing the Debian of the stick, packages come from the sources of this machine… (some minutes)"
    ),
    "packing": Text("Packing the system…"),
    "image": Text("Writing the image that starts…"),
}

LEAST_BYTES = 512 << 20
"""The smallest stick that is taken: the image, and some room for what is removed."""

_WORK = Path("/var/tmp")  # noqa: S108  (the system's place for large files; the folder in it is made for us alone)


def make(arguments: argparse.Namespace) -> int:
    """Make an image, or take the given one, and write it to the file or the stick that is named."""
    with ended_politely():  # folders of the work go then, too
        return _carry_out(arguments)


def _carry_out(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    if arguments.target.suffix == ".iso" and not arguments.target.is_block_device():
        if arguments.image or arguments.device_serial:
            raise RescueError(
                Text("an image is written to a stick"), hint=Text("name the stick: quetsach rescue devices")
            )
        _made(arguments, arguments.target, language)
        say(
            Text(
                "Write it onto a stick with `quetsach rescue make DEVICE --image {path}`, or on "
                "Windows with any program that writes disk images.",
                path=arguments.target,
            ).in_language(language)
        )
        return 0
    device = _agreed_device(arguments, language)
    if device is None:
        say(Text("Stopped as you asked. Nothing was changed.").in_language(language))
        return 1
    if arguments.image:
        _write(arguments.target, device, arguments.image, language)
    else:
        with tempfile.TemporaryDirectory(prefix="quetsach-rescue-", dir=arguments.work or _WORK) as folder:
            image = Path(folder, "rescue.iso")
            _made(arguments, image, language)
            _write(arguments.target, device, image, language)
    say(
        Text("✓ Written, and every byte was read back as it shall be. The stick can be unplugged.").in_language(
            language
        )
    )
    return 0


def list_devices(arguments: argparse.Namespace) -> int:
    """Print the disks of this machine, and why one is not written to."""
    language = chosen_language(arguments)
    found = [(device, refusal(device, LEAST_BYTES)) for device in devices()]
    if arguments.json:
        print_json([_as_json(device, why) for device, why in found])
        return 0
    if not found:
        say(Text("This machine has no disk.").in_language(language))
        return 0
    header = [column.in_language(language) for column in _COLUMNS]
    rows = [
        [
            f"/dev/{device.name}",
            device.model,
            size_text(device.size_bytes, language),
            device.serial or "—",
            what_text(why, language) if why else Text("yes", context="fit").in_language(language),
        ]
        for device, why in found
    ]
    print_table(header, rows, right=(2,))
    return 0


def _as_json(device: Device, why: RescueError | None) -> dict[str, object]:
    return {
        "device": f"/dev/{device.name}",
        "model": device.model,
        "size_bytes": device.size_bytes,
        "serial": device.serial,
        "refused": why.what if why else None,
    }


def _made(arguments: argparse.Namespace, image: Path, language: str) -> Made:
    work = arguments.work or _WORK
    require_builder(work)
    shelf: Shelf = shelf_of(arguments.state or default_state())
    if shelf.left_out:
        say(
            Text(
                "Families of which the centre has taken something back are not put onto the stick: {families}.",
                families=", ".join(shelf.left_out),
            ).in_language(language)
        )
    made = make_image(
        image,
        bundled=shelf.files,
        work=work,
        epoch=_epoch(),
        told=lambda step: say(_STEPS[step].in_language(language), sys.stderr),
    )
    size = size_text(made.size_bytes, language)
    told = Text(
        "✓ {path} is made ({size}).\n  SHA-256: {sha256}\n  {count} pack, the newest of {newest}.",
        many="✓ {path} is made ({size}).\n  SHA-256: {sha256}\n  {count} packs, the newest of {newest}.",
        path=made.path,
        size=size,
        sha256=made.sha256,
        count=len(shelf.families),
        newest=shelf.newest,
    ).in_language(language)
    say(told)
    return made


def _epoch() -> int:
    """Return the time that the image bears: SOURCE_DATE_EPOCH, as reproducible builds name it, else now."""
    named = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(named) if named.isdecimal() else int(time.time())


def _agreed_device(arguments: argparse.Namespace, language: str) -> Device | None:
    """Return the stick that a person means, by its serial number; ``None`` if he does not say so.

    Raises:
        RescueError: it is not to be written to, or another was agreed to.
    """
    device = look_at(arguments.target)
    needed = arguments.image.stat().st_size if arguments.image else LEAST_BYTES
    if error := refusal(device, needed):
        raise error
    require_root()
    content = _content(device) or Text("nothing that is recognised").in_language(language)
    size = size_text(device.size_bytes, language)
    say(
        Text(
            "This will be overwritten: /dev/{name} · {model} · {size}", name=device.name, model=device.model, size=size
        ).in_language(language)
    )
    say(Text("On it now: {content}", content=content).in_language(language))
    told = (
        Text("Serial number: {serial}")
        if device.serial
        else Text("It has no serial number; its size in bytes: {size_bytes}")
    )
    say(told.with_values(serial=device.serial, size_bytes=device.size_bytes).in_language(language))
    say(Text("ALL DATA on it will be lost, and this cannot be undone.").in_language(language))
    if arguments.device_serial is not None:
        if arguments.device_serial != device.mark:
            hint = Text("see which there are: quetsach rescue devices")
            raise RescueError(Text("this is not the stick that was agreed to"), where=f"/dev/{device.name}", hint=hint)
        return device
    require_terminal(hint=Text("add --device-serial with the serial number of the stick that shall be overwritten"))
    print(
        (
            Text("To confirm, type the serial number above: ")
            if device.serial
            else Text("To confirm, type the number of bytes above: ")
        ).in_language(language),
        end="",
        flush=True,
        file=sys.stderr,
    )
    return device if sys.stdin.readline().strip() == device.mark else None


def _content(device: Device) -> str:
    """Return what is on a disk, as far as the system recognises it: for the eye, nothing is decided by it."""
    columns = "NAME,FSTYPE,LABEL,SIZE"
    listed = attempt("lsblk", "--noheadings", "--list", "--output", columns, f"/dev/{device.name}").stdout
    lines = [" ".join(line.split()) for line in listed.splitlines()[1:]]
    return "; ".join(line for line in lines if line)


def _write(path: Path, device: Device, image: Path, language: str) -> None:
    if error := refusal(device, image.stat().st_size):
        raise error
    with (
        image.open("rb") as source,
        opened(path, device) as stick,
        Progress(Text("Writing").in_language(language)) as writing,
        Progress(Text("Reading back").in_language(language)) as checking,
    ):
        lines = {"writing": writing, "checking": checking}
        write_stick(stick, source, told=lambda step, done, total: lines[step].move_to(done, total))
