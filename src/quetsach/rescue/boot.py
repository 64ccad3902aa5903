"""How the stick starts: on BIOS and UEFI, there also with Secure Boot, by what Debian signed."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from quetsach.rescue.programs import run
from quetsach.rescue.system import Workshop

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
