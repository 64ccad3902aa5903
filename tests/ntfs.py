"""An NTFS file system in a file, made by mkntfs and mounted by ntfs-3g; always unmounted again. Needs root and FUSE."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_image(image: Path, *, megabytes: int = 32) -> None:
    """Make an empty NTFS file system; its file is sparse."""
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    command = ["mkntfs", "--quiet", "--fast", "--force", "--label", "test", str(image)]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def mounted(image: Path, at: Path, *options: str, program: str = "ntfs-3g") -> Iterator[Path]:
    """Mount an image; ``options`` are those of ntfs-3g(8)."""
    at.mkdir(exist_ok=True)
    words = [word for option in options for word in ("-o", option)]
    subprocess.run([program, *words, str(image), str(at)], check=True, capture_output=True)
    try:
        yield at
    finally:
        unmount(at)


def unmount(at: Path) -> None:
    """Unmount what is mounted there, if anything."""
    if at.is_mount() and subprocess.run(["umount", str(at)], check=False, capture_output=True).returncode != 0:
        subprocess.run(["umount", "--lazy", str(at)], check=True)  # something is open, as after a test that failed
