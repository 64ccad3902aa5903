"""Whose work the download for Windows is, beyond the Python packages."""

import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pefile
from release.parts import Part, debian_text
from release.windows.runtime import CORE, standard_library

_MICROSOFT = """The Microsoft Visual C++ runtime (VCRUNTIME140.dll, VCRUNTIME140_1.dll) comes with CPython as python.org
hands it out, and is distributed with programs under the terms of the Microsoft Software License for Visual Studio,
"Distributable Code". Copyright Microsoft Corporation."""
_WITHIN_CORE = (("bzip2", "libbz2-1.0", "bzip2-1.0.6"), ("expat", "libexpat1", "MIT"), ("xz", "liblzma5", "0BSD"))
"""Libraries built into CPython's own files: name, the Debian package with the same licence, and that."""
_AROUND = (("NSIS", "nsis", "Zlib AND CPL-1.0"), ("mingw-w64 runtime", "mingw-w64-x86-64-dev", "ZPL-2.1"))
"""What is in the setup's own code and in the programs: name, the Debian package it comes from, licence."""


def runtime_parts(runtime: Path) -> Iterator[Part]:
    """Yield the parts of a laid out tree that come with CPython, and those of the programs around it."""
    version = file_version(runtime / CORE)
    licence = (standard_library() / "LICENSE.txt").read_text("utf-8")
    known = {name: debian_text(package) for name, package, _ in _WITHIN_CORE} | {
        name: debian_text(package) for name, package in (("mpdecimal", "libmpdec4"), ("zlib", "zlib1g"))
    }
    inside = [(name, spdx) for name, _, spdx in _WITHIN_CORE] + [("mpdecimal", "BSD-2-Clause"), ("zlib", "Zlib")]
    yield Part(
        "CPython",
        version,
        "PSF-2.0",
        f"pkg:generic/python@{version}",
        (licence, *known.values()),
        tuple(Part(name, f"of CPython {version}", spdx, f"pkg:generic/{name}") for name, spdx in inside),
    )
    library = platform.python_version()
    yield Part(
        "Python standard library", library, "PSF-2.0", f"pkg:deb/debian/libpython3.13-stdlib@{library}", (licence,)
    )
    openssl = file_version(runtime / "libcrypto-3.dll")
    yield Part("OpenSSL", openssl, "Apache-2.0", f"pkg:generic/openssl@{openssl}", (debian_text("libssl3t64"),))
    yield Part("libffi", f"of CPython {version}", "MIT", "pkg:generic/libffi", (debian_text("libffi8"),))
    vc = file_version(runtime / "VCRUNTIME140.dll").split()[0]
    yield Part("Microsoft Visual C++ runtime", vc, "", f"pkg:generic/vcruntime140@{vc}", (_MICROSOFT,))
    for name, package, spdx in _AROUND:
        number = _debian_version(package)
        yield Part(name, number, spdx, f"pkg:deb/debian/{package}@{number}", (debian_text(package),))


def file_version(path: Path) -> str:
    """Return the version that a library of Windows states."""
    image = pefile.PE(str(path), fast_load=True)
    image.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_RESOURCE"]])
    tables = (table for one in image.FileInfo for entry in one for table in getattr(entry, "StringTable", ()))
    return str(next(tables).entries[b"FileVersion"].decode())


def _debian_version(package: str) -> str:
    words = ["dpkg-query", "--show", "--showformat=${Version}", package]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
