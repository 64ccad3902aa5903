"""An image is the same whenever it is written; its folder goes, but never what is mounted in it. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from quetsach.rescue import RescueError
from quetsach.rescue.image import EFI_FILES, identifier_of, workshop_in, write_image
from quetsach.rescue.system import Workshop


class BrokenOffError(Exception):
    pass


def make(work: Path, during: Callable[[Workshop], None]) -> None:
    """Begin an image, and break off."""
    with workshop_in(work) as workshop:
        during(workshop)
        raise BrokenOffError


def test_the_folder_of_the_work_goes_however_the_work_ends(tmp_path: Path) -> None:
    with pytest.raises(BrokenOffError):
        make(tmp_path, lambda workshop: workshop.boot.mkdir())
    assert list(tmp_path.iterdir()) == []


def test_what_is_still_mounted_there_is_not_gone_through(tmp_path: Path) -> None:
    places: list[Path] = []

    def mount(workshop: Workshop) -> None:
        places.append(workshop.root / "proc")
        places[0].mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", str(places[0])], check=True)
        (places[0] / "of the machine").write_text("mine")

    with pytest.raises(RescueError, match="something is still mounted"):
        make(tmp_path, mount)
    assert (places[0] / "of the machine").read_text() == "mine"
    subprocess.run(["umount", str(places[0])], check=True)


EPOCH = 1_795_890_000
GRUB = Path("/usr/lib/grub/i386-pc")


def workshop_at(folder: Path, *, made: float) -> Workshop:
    """Lay out what an image is written of; what is signed is a line of text here. ``made`` is when its files were."""
    workshop = Workshop(folder)
    (workshop.medium / "live").mkdir(parents=True)
    (workshop.medium / "live" / "system.squashfs").write_bytes(b"system" * 100_000)
    files = workshop.boot / "files"
    shutil.copytree(GRUB, files / "usr/lib/grub/i386-pc")
    for name in ("usr/share/grub/unicode.pf2", *(source for source, _ in EFI_FILES)):
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_bytes(name.encode())
    for path in workshop.medium.rglob("*"):
        os.utime(path, (made, made))
    return workshop


def test_an_image_is_the_same_whenever_it_is_written(tmp_path: Path) -> None:
    for name, made in (("one", 1_000_000_000.0), ("two", 1_700_000_000.0)):
        write_image(workshop_at(tmp_path / name, made=made), tmp_path / f"{name}.iso", title="Quét Sạch", epoch=EPOCH)
    assert (tmp_path / "one.iso").read_bytes() == (tmp_path / "two.iso").read_bytes()


def test_an_image_has_what_bios_and_uefi_start_and_names_itself_to_its_kernel(tmp_path: Path) -> None:
    image = tmp_path / "stick.iso"
    write_image(workshop_at(tmp_path / "workshop", made=0), image, title="Quét Sạch", epoch=EPOCH)
    head = image.read_bytes()[:512]
    assert head[510:] == b"\x55\xaa"
    kinds = [head[446 + 16 * number + 4] for number in range(4)]
    assert kinds[1:] == [0xEF, 0, 0]  # the third is left for the room on the stick
    identifier = subprocess.run(
        ["blkid", "-o", "value", "-s", "UUID", image], capture_output=True, text=True, check=True
    )
    assert identifier.stdout.strip() == identifier_of(EPOCH)
    out = tmp_path / "out"
    subprocess.run(
        ["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", out], capture_output=True, check=True
    )
    menu = (out / "boot/grub/grub.cfg").read_text()
    assert f"quetsach.medium={identifier_of(EPOCH)}" in menu
    assert "@" not in menu.split("\n", 1)[1]
    assert (out / ".disk/info").read_text() == "Quét Sạch\n"
    start = int.from_bytes(head[446 + 16 + 8 : 446 + 16 + 12], "little") * 512
    listed = subprocess.run(
        ["mdir", "-b", "-i", f"{image}@@{start}", "::EFI/BOOT"], capture_output=True, text=True, check=True
    )
    assert [line.rpartition("/")[2] for line in listed.stdout.split()] == [name for _, name in EFI_FILES]
