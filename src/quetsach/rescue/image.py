"""Make the image of a rescue stick, and how it starts on BIOS and UEFI."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from quetsach import storage
from quetsach.core.text import Text
from quetsach.rescue import RescueError
from quetsach.rescue.device import mounted_places
from quetsach.rescue.programs import run
from quetsach.rescue.system import (
    Workshop,
    install_system,
    overlay_files,
    pack_system,
    sources_here,
    tool_files,
    write_archive,
)

# How the stick starts: on BIOS and UEFI, there also with Secure Boot, by what Debian signed.

LABEL = "QUETSACH"
_BIOS_MODULES = (
    *(
        "biosdisk",
        "iso9660",
        "part_msdos",
        "part_gpt",
        "search",
        "normal",
        "configfile",
        "linux",
        "halt",
        "test",
        "true",
    ),
    *("all_video", "gfxterm", "font", "video_bochs", "video_cirrus", "vbe", "minicmd", "terminal", "echo", "loadenv"),
)
_EFI_MEGABYTES = 8
EFI_FILES = (
    ("usr/lib/shim/shimx64.efi.signed", "BOOTX64.EFI"),
    ("usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed", "GRUBX64.EFI"),
    ("usr/lib/shim/mmx64.efi.signed", "MMX64.EFI"),
)
"""The shim is signed by Microsoft and starts what Debian signed: GRUB as made for compact discs, and its kernel."""


def identifier_of(epoch: int) -> str:
    """Return how the file system of a stick made at that time is known (its UUID, as blkid shows it)."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d-%H-%M-%S-00")


def write_image(workshop: Workshop, image: Path, *, title: str, epoch: int) -> None:
    """Write the image of the stick; it starts from a stick as from a compact disc.

    Args:
        workshop: with kernel and system on the medium.
        image: the file to write.
        title: of the stick, in its file ``.disk/info``, by which GRUB finds it.
        epoch: the time that all of it bears.

    Raises:
        RescueError: one of the programs fails.
    """
    grub = workshop.medium / "boot" / "grub"
    grub.mkdir(parents=True)
    menu = Path(__file__).with_name("grub.cfg").read_text("utf-8")
    (grub / "grub.cfg").write_text(menu.replace("@MEDIUM@", identifier_of(epoch)), "utf-8")
    (grub / "fonts").mkdir()
    shutil.copyfile(workshop.boot / "files/usr/share/grub/unicode.pf2", grub / "fonts/unicode.pf2")
    (workshop.medium / ".disk").mkdir()
    (workshop.medium / ".disk" / "info").write_text(f"{title}\n", "utf-8")
    _make_bios(workshop, grub / "bios.img", epoch=epoch)
    efi = workshop.folder / "efi.img"
    _make_efi(workshop, efi, epoch=epoch)
    moment = identifier_of(epoch).replace("-", "")
    run(
        *("xorriso", "-as", "mkisofs", "-quiet", "-volid", LABEL, "-rational-rock", "-output", image),
        *(f"--modification-date={moment}", "--set_all_file_dates", moment, "-partition_offset", "16"),
        *("--grub2-mbr", workshop.boot / "files/usr/lib/grub/i386-pc/boot_hybrid.img"),
        *("-eltorito-boot", "boot/grub/bios.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"),
        *("--grub2-boot-info", "-eltorito-catalog", "boot/grub/boot.cat"),
        *("-append_partition", "2", "0xef", efi),
        *("-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot"),
        workshop.medium,
        epoch=epoch,
    )


def _make_bios(workshop: Workshop, image: Path, *, epoch: int) -> None:
    modules = workshop.boot / "files/usr/lib/grub/i386-pc"
    run(
        *("grub-mkimage", "--directory", modules, "--format", "i386-pc-eltorito", "--prefix", "/boot/grub"),
        *("--output", image, *_BIOS_MODULES),
        epoch=epoch,
    )


def _make_efi(workshop: Workshop, image: Path, *, epoch: int) -> None:
    run(
        *("mkfs.fat", "-C", "--invariant", "-n", "QS-START", image, str(_EFI_MEGABYTES << 10)),
        epoch=epoch,
    )
    run("mmd", "-i", image, "::EFI", "::EFI/BOOT", epoch=epoch)
    for source, name in EFI_FILES:
        run("mcopy", "-i", image, workshop.boot / "files" / source, f"::EFI/BOOT/{name}", epoch=epoch)


# Make the image of a rescue stick.

_CHUNK_BYTES = 4 << 20

STEPS = ("tool", "system", "packing", "image")
"""What is done, in order; told while it goes on."""


@dataclass(frozen=True, slots=True)
class Made:
    """An image that was made."""

    path: Path
    size_bytes: int
    sha256: str


def make_image(
    image: Path, *, bundled: Mapping[str, bytes], work: Path, epoch: int, told: Callable[[str], None]
) -> Made:
    """Make the image of a stick from Debian's packages and this tool.

    Args:
        image: the file to write; it is there when all of it is.
        bundled: packs and root of trust for the tool on the stick, by name inside ``quetsach/bundled``.
        work: a folder with room, in which all is made.
        epoch: the time (seconds since 1970) that all of it bears: the same packages then give the same bytes.
        told: hears the names of the steps.

    Raises:
        RescueError: it cannot be made; nothing is left of it.
    """
    sources = sources_here()
    with workshop_in(work) as workshop:
        told("tool")
        archive = workshop.folder / "tool.tar"
        write_archive(archive, chain(overlay_files(), tool_files(bundled)), epoch=epoch)
        told("system")
        install_system(workshop, sources, archive, epoch=epoch)
        told("packing")
        pack_system(workshop, epoch=epoch)
        told("image")
        made = workshop.folder / "stick.iso"
        day = datetime.fromtimestamp(epoch, UTC).date()
        write_image(workshop, made, title=f"Quét Sạch {day}", epoch=epoch)
        with made.open("rb") as source, storage.replacing(image, mode=storage.SHARED) as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
    with image.open("rb") as stream:
        return Made(image, image.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest())


@contextmanager
def workshop_in(work: Path) -> Iterator[Workshop]:
    """Give folders to make an image in, which go afterwards.

    Raises:
        RescueError: something is still mounted in them, which may be the machine's own: they are left then.
    """
    folder = Path(tempfile.mkdtemp(prefix="quetsach-rescue-", dir=work))
    try:
        yield Workshop(folder)
    finally:
        if any(place.is_relative_to(folder) for place in mounted_places()):
            raise RescueError(
                Text("something is still mounted in the folder of the work"), where=str(folder), hint=Text("unmount it")
            )
        shutil.rmtree(folder, ignore_errors=True)
