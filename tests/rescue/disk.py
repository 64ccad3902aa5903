"""The disk of a computer with an infected Windows: NTFS in a partition, with harmless specimens of several families."""

import hashlib
import subprocess
from pathlib import Path

from tests.ntfs import make_image, mounted

from quetsach.packs.specimen import specimens_of

PACKS = Path(__file__).parents[2] / "packs"
FAMILIES = ("njrat", "phorpiex")
_START = 1 << 20
_MEGABYTES = 160

type Content = dict[str, str]
"""SHA-256 of each file, by name."""


class Disk:
    """A disk image with one partition; ``at`` is where it is mounted when it is looked at."""

    def __init__(self, path: Path, at: Path) -> None:
        self.path = path
        self._at = at

    @classmethod
    def infected(cls, path: Path, at: Path) -> "Disk":
        """Make one on which the specimens are planted beside honest files."""
        partition = path.with_suffix(".partition")
        make_image(partition, megabytes=_MEGABYTES)
        with mounted(partition, at) as root:
            for family in FAMILIES:
                specimens_of(PACKS / family, ["windows"])[0].build(root)
            (root / "Ảnh gia đình.jpg").write_bytes(b"mine" * 1000)
        with path.open("wb") as file:
            file.truncate(_START + (_MEGABYTES << 20) + _START)
        table = f"{_START // 512},{(_MEGABYTES << 20) // 512},7\n"
        subprocess.run(["sfdisk", "--quiet", str(path)], input=table, text=True, check=True)
        words = ["dd", f"if={partition}", f"of={path}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none"]
        subprocess.run(words, check=True)
        partition.unlink()
        return cls(path, at)

    def content(self) -> Content:
        """Return what is on it, read by this machine."""
        partition = self.path.with_suffix(".partition")
        words = ["dd", f"if={self.path}", f"of={partition}", "bs=1M", "skip=1", f"count={_MEGABYTES}", "status=none"]
        subprocess.run([*words, "conv=sparse"], check=True)
        try:
            with mounted(partition, self._at, "ro") as root:
                files = [path for path in sorted(root.rglob("*")) if path.is_file()]
                return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        finally:
            partition.unlink()

    def sleep(self) -> None:
        """Leave it as a Windows that was not shut down, but sleeps."""
        loop = subprocess.run(
            ["losetup", "--find", "--show", "--offset", str(_START), str(self.path)],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        try:
            with mounted(Path(loop), self._at) as root:
                (root / "hiberfil.sys").write_bytes(b"hibr" + bytes(8192))
        finally:
            subprocess.run(["losetup", "--detach", loop], check=True)
