"""Plants the EICAR test file. The string is put together here at run time and is stored nowhere."""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.innocent import plant_infected, plant_mac

_HALVES = (
    "58354f2150254041505b345c505a58353428505e2937434329377d24",
    "45494341522d5354414e444152442d414e544956495255532d544553542d46494c452124482b482a",
)


def build_linux(root: Path) -> list[Planted]:
    """Plant the files on a Linux."""
    return build(root)


def build_macos(root: Path) -> list[Planted]:
    """Plant the files on a Mac."""
    plant_mac(root)
    return build(root)


def build_windows(root: Path) -> list[Planted]:
    """Plant the files on a Windows."""
    plant_infected(root)
    return build(root)


def build(root: Path) -> list[Planted]:
    """Plant the file twice below ``root``: as it is, and with the white space that its definition allows."""
    string = b"".join(map(bytes.fromhex, _HALVES))
    folder = root / "srv" / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "eicar.com").write_bytes(string)
    (folder / "tệp thử.txt").write_bytes(string + b" \r\n")
    return [
        Planted(kind="file", path="/srv/downloads/eicar.com"),
        Planted(kind="file", path="/srv/downloads/tệp thử.txt"),
    ]
