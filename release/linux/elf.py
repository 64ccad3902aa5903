"""Reads what a program or library of Linux asks of the system that starts it: libraries, and versions of their symbols.

Source: System V gABI chapter 5; Linux Standard Base 5.0 Core, section 10.7 (symbol versioning).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

_MAGIC = b"\x7fELF"


@dataclass(frozen=True, slots=True)
class Wants:
    """What one file needs from elsewhere: libraries by name, and versions of symbols as ``GLIBC_2.17``."""

    libraries: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def glibc(self) -> tuple[int, ...]:
        """The newest glibc that is asked for, as numbers; (0,) where none is named."""
        named = (version.removeprefix("GLIBC_") for version in self.versions if version.startswith("GLIBC_"))
        return max((tuple(map(int, one.split("."))) for one in named if one[0].isdigit()), default=(0,))


def is_elf(path: Path) -> bool:
    """Whether a file is a program or library of Linux."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def wants_of(path: Path) -> Wants:
    """Return what a program or library needs.

    Raises:
        ELFError: it is none.
    """
    with path.open("rb") as file:
        elf = ELFFile(file)
        dynamic: Any = elf.get_section_by_name(".dynamic")
        needs: Any = elf.get_section_by_name(".gnu.version_r")
        libraries = [str(tag.needed) for tag in dynamic.iter_tags("DT_NEEDED")] if dynamic else []
        versions = {str(one.name) for _, names in needs.iter_versions() for one in names} if needs else set()
    return Wants(tuple(libraries), tuple(sorted(versions)))


def exported(path: Path, name: str) -> tuple[int, int]:
    """Return the address of an exported function, and where in the file its code lies.

    Raises:
        KeyError: the file exports no such function.
    """
    with path.open("rb") as file:
        elf = ELFFile(file)
        symbols: Any = elf.get_section_by_name(".dynsym")
        for symbol in symbols.get_symbol_by_name(name) or ():
            address = int(symbol["st_value"])
            for offset in elf.address_offsets(address):
                return address, int(offset)
    raise KeyError(name)
