"""Make the rescue stick with the real command and start computers from it: they are scanned, cleaned and put back.

Takes half an hour where nothing else runs, so it is a command of its own (``make test-rescue``). Pictures
and the image stay in ``build/rescue``; ``IMAGE=FILE`` takes an image that was made before.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.requirements import install
from tests.rescue.disk import Disk
from tests.rescue.machine import FIRMWARE, Machine

OUT = Path("build/rescue")
STICK_BYTES = 1 << 30
PACKAGES = {
    "mmdebstrap": lambda: shutil.which("mmdebstrap"),
    "squashfs-tools": lambda: shutil.which("mksquashfs"),
    "grub-common": lambda: shutil.which("grub-mkimage"),
    "dosfstools": lambda: shutil.which("mkfs.fat"),
    "mtools": lambda: shutil.which("mcopy"),
    "xorriso": lambda: shutil.which("xorriso"),
    "fdisk": lambda: shutil.which("sfdisk"),
    "ntfs-3g": lambda: shutil.which("ntfs-3g"),
    "qemu-system-x86": lambda: shutil.which("qemu-system-x86_64"),
    "ovmf": (FIRMWARE / "OVMF_CODE_4M.secboot.fd").exists,
    "netpbm": lambda: shutil.which("pnmtopng"),
    "tesseract-ocr": lambda: shutil.which("tesseract"),
}
"""Debian package -> whether what this needs of it is there."""

START, SCAN, CLEAN, PAGE = 900, 600, 600, 300
"""Seconds that an emulated computer gets."""


def make_image() -> Path:
    """Make the image with the command that people use."""
    image = OUT / "rescue.iso"
    command = [sys.executable, "-m", "quetsach.cli.main", "rescue", "make", str(image), "--work", str(OUT)]
    subprocess.run(command, check=True, env=os.environ | {"QUETSACH_STATE": str(OUT / "none")})
    return image


def as_stick(image: Path, folder: Path) -> Path:
    """Return a stick with the image on it, larger than that."""
    stick = folder / "stick"
    shutil.copyfile(image, stick)
    os.truncate(stick, STICK_BYTES)
    return stick


def clean_at_serial_port(machine: Machine) -> None:
    """Scan all drives and clean the one that is infected, answering what is asked."""
    machine.choose_at_start("5", START)
    machine.expect("Bạn chọn: ", START)
    machine.say("\r")
    machine.expect("PHÁT HIỆN", SCAN)
    machine.expect(r"\(có/không\) ", SCAN)
    machine.say("c\r")
    machine.expect("Gõ “có” để đồng ý", CLEAN)
    machine.say("c\r")
    machine.expect("ĐÃ BÓC GỠ XONG", CLEAN)


def switch_off(machine: Machine) -> None:
    """Choose to switch off."""
    machine.expect("Bạn chọn: ", CLEAN)
    machine.say("t\r")
    machine.wait_until_off(PAGE)


def on_bios_without_a_screen(image: Path, folder: Path) -> None:
    """BIOS, serial port: cleaned, kept on the stick, and put back at a second start."""
    disk = Disk.infected(folder / "disk", folder / "at")
    before = disk.content()
    stick = as_stick(image, folder)
    with Machine(folder, "bios", stick, disk.path) as machine:
        clean_at_serial_port(machine)
        switch_off(machine)
    cleaned = disk.content()
    check("specimens are gone", bool(before.keys() - cleaned.keys()))
    check("honest files are as they were", cleaned["Ảnh gia đình.jpg"] == before["Ảnh gia đình.jpg"])
    check("nothing was left on the drive", not cleaned.keys() - before.keys())
    with Machine(folder, "bios", stick, disk.path) as machine:
        machine.choose_at_start("5", START)
        machine.expect("Bạn chọn: ", START)
        machine.say("h\r")
        machine.expect("Hoàn tác lần bóc gỡ", SCAN)
        machine.expect("Gõ “có” để hoàn tác", CLEAN)
        machine.say("c\r")
        switch_off(machine)
    check("undo brought every file back", disk.content() == before)


def on_a_disc(image: Path, folder: Path) -> None:
    """BIOS, compact disc: what is removed is kept on the cleaned drive."""
    disk = Disk.infected(folder / "disk", folder / "at")
    before = disk.content()
    with Machine(folder, "bios", image, disk.path, is_disc=True) as machine:
        clean_at_serial_port(machine)
        switch_off(machine)
    cleaned = disk.content()
    check("specimens are gone", bool(before.keys() - cleaned.keys()))
    check(
        "what was removed is on the drive", all(name.startswith("QuetSach-") for name in cleaned.keys() - before.keys())
    )


def in_the_window(image: Path, folder: Path) -> None:
    """UEFI with Secure Boot, the window in English: looked at, cleaned and put back by keys alone."""
    disk = Disk.infected(folder / "disk", folder / "at")
    before = disk.content()
    stick = as_stick(image, folder)
    with Machine(folder, "secure", stick, disk.path) as machine:
        machine.read_until("English", START, "1-menu")
        machine.type("2")
        machine.read_until("Scan all drives", START, "2-window")
        machine.type("\n")
        machine.read_until("Traces of malware found", SCAN, "3-found")
        machine.type("\n")
        machine.read_until("Steps done", CLEAN, "4-cleaned")
        machine.press("alt-k")
        machine.read_until("The report is on", CLEAN, "5-report")
        leave(machine, "6-drives")
    cleaned = disk.content()
    check("specimens are gone", bool(before.keys() - cleaned.keys()))
    check("honest files are as they were", cleaned["Ảnh gia đình.jpg"] == before["Ảnh gia đình.jpg"])
    new = cleaned.keys() - before.keys()
    check("only the report is new on the drive", all(re.fullmatch(r"quetsach-report-[-0-9]+\.html", n) for n in new))
    check("the report is there", len(new) == 1)
    with Machine(folder, "secure", stick, disk.path) as machine:
        machine.read_until("English", START, "7-menu")
        machine.type("2")
        machine.read_until("Scan all drives", START, "8-window")
        machine.press("alt-l")
        machine.read_until("Last clean-up:", PAGE, "9-past")
        machine.press("alt-u")
        machine.read_until("Put back what was removed", PAGE, "10-undo")
        machine.press("alt-u")
        machine.read_until("the malware is back", CLEAN, "11-undone")
        leave(machine, "12-drives")
    check("undo brought every file back", {n: c for n, c in disk.content().items() if n not in new} == before)


def leave(machine: Machine, name: str) -> None:
    """Go back to the list of drives and switch off there."""
    machine.press("esc")
    machine.read_until("Restart the computer", PAGE, name)
    machine.press("alt-w")
    machine.wait_until_off(PAGE)


def in_text_mode(image: Path, folder: Path) -> None:
    """UEFI with Secure Boot, text mode in English: looked at and cleaned by keyboard."""
    disk = Disk.infected(folder / "disk", folder / "at")
    before = disk.content()
    with Machine(folder, "secure", as_stick(image, folder), disk.path) as machine:
        machine.read_until("English", START, "13-menu")
        machine.type("4")
        machine.read_until("Your choice", START, "14-drives")
        machine.type("l\n")
        machine.read_until("Type exit", PAGE, "15-shell")
        machine.type("cat /sys/kernel/security/lockdown\n")
        machine.read_until(r"none .?integrity", PAGE, "15-shell")
        machine.type("exit\n")
        machine.read_until("Your choice", PAGE, "16-drives")
        machine.type("\n")
        machine.read_until(r"See now what would be done", SCAN, "17-found")
        machine.type("y\n")
        machine.read_until("Type .?yes", CLEAN, "18-plan")
        machine.type("y\n")
        machine.read_until("Back in Windows", CLEAN, "19-cleaned")
        machine.type("t\n")
        machine.wait_until_off(PAGE)
    check("specimens are gone", bool(before.keys() - disk.content().keys()))


def where_windows_sleeps(image: Path, folder: Path) -> None:
    """UEFI, the window in Vietnamese: a Windows that was not shut down is looked at and not changed."""
    disk = Disk.infected(folder / "disk", folder / "at")
    disk.sleep()
    before = disk.path.read_bytes()
    with Machine(folder, "uefi", as_stick(image, folder), disk.path) as machine:
        machine.read_until("English", START, "20-menu")
        machine.type("1")
        machine.read_until("NTFS", START, "21-window")
        machine.type("\n")
        machine.read_until(r"shutdown /s", SCAN, "22-asleep")
        machine.press("alt-b")  # nothing is offered that this key would press
        machine.press("esc")
        machine.read_until("sda1", PAGE, "23-drives")
        machine.press("alt-m")
        machine.wait_until_off(PAGE)
    check("not a byte of the disk was changed", disk.path.read_bytes() == before)


RUNS: tuple[Callable[[Path, Path], None], ...] = (
    on_bios_without_a_screen,
    on_a_disc,
    in_the_window,
    in_text_mode,
    where_windows_sleeps,
)
_passed: list[str] = []


def check(what: str, holds: bool) -> None:
    """Say what holds, or fail."""
    if not holds:
        raise AssertionError(f"not so: {what}")
    _passed.append(what)
    print(f"  ✓ {what}", flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took."""
    print(what, flush=True)
    begun = time.monotonic()
    yield
    print(f"  {time.monotonic() - begun:.0f} s", flush=True)


def main() -> int:
    """Make the image, or take the one that is named, and do the runs (all, or those named on the command line)."""
    if problems := install(PACKAGES):
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    image = Path(os.environ.get("IMAGE", OUT / "rescue.iso"))
    if "IMAGE" not in os.environ:
        with timed("making the image"):
            image = make_image()
    for run in RUNS:
        if sys.argv[1:] and run.__name__ not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory(prefix="quetsach-rescue-") as folder, timed(str(run.__doc__)):
            try:
                run(image, Path(folder))
            finally:
                for kept in (*Path(folder).glob("*.png"), *Path(folder).glob("heard.txt")):
                    shutil.copy(kept, OUT / kept.name)
    print(f"{len(_passed)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
