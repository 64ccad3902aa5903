"""Whose work the bundle for Linux is, beyond the Python packages."""

import platform
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from release.linux.interpreter import LIBRARIES, PROGRAM
from release.parts import Part, debian_text

_LIBRARIES = {
    "libbz2": ("bzip2", "libbz2-1.0", "bzip2-1.0.6"),
    "libcrypto": ("OpenSSL", "libssl3t64", "Apache-2.0"),
    "libffi": ("libffi", "libffi8", "MIT"),
    "libfontconfig": ("fontconfig", "libfontconfig1", "HPND-sell-variant"),
    "libfreetype": ("FreeType", "libfreetype6", "FTL"),
    "liblzma": ("xz", "liblzma5", "0BSD"),
    "libmpdec": ("mpdecimal", "libmpdec4", "BSD-2-Clause"),
    "libpng15": ("libpng", "libpng16-16t64", "Libpng"),
    "libssl": ("OpenSSL", "libssl3t64", "Apache-2.0"),
    "libtcl8": ("Tcl", "libtcl8.6", "TCL"),
    "libtk8": ("Tk", "libtk8.6", "TCL"),
    "libuuid": ("libuuid", "libuuid1", "BSD-3-Clause"),
    "libXft": ("libXft", "libxft2", "HPND-sell-variant"),
}
"""Libraries beside the interpreter, by how their files begin: name, the Debian package with the same licence, that."""
_FILE = re.compile(r"(?P<library>[A-Za-z0-9]+)-[0-9a-f]{8}(?:\.6)?\.so(?:\.(?P<version>[0-9.]+))?")
_OPENSSL = re.compile(rb"OpenSSL (\d+\.\d+\.\d+) ")
_TCL = re.compile(r"package require -exact (?:Tcl|Tk)\s+(8\.6\.\d+)")


def runtime_parts(place: Path, unpacked: Path) -> Iterator[Part]:
    """Yield the parts of a laid out version that come with CPython.

    Args:
        place: the version's folder.
        unpacked: the wheel that the interpreter is from.

    Raises:
        KeyError: a library is there whose licence nobody has looked at.
    """
    licence = (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt").read_text("utf-8")
    words = [str(place / PROGRAM), "-I", "-S", "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    expat = Part("expat", f"of CPython {version}", "MIT", "pkg:generic/expat")
    texts = (licence, debian_text("libexpat1"))
    yield Part("CPython", version, "PSF-2.0", f"pkg:generic/python@{version}", texts, (expat,))
    library = platform.python_version()
    purl = f"pkg:deb/debian/libpython3.13-stdlib@{library}"
    yield Part("Python standard library", library, "PSF-2.0", purl, (licence,))
    maker = next(unpacked.glob("freeze_core-*.dist-info"))
    made = maker.name.removesuffix(".dist-info").partition("-")[2]
    text = (maker / "licenses" / "LICENSE").read_text("utf-8")
    yield Part("freeze-core", made, "MIT", f"pkg:pypi/freeze-core@{made}", (text,))
    known: dict[str, Part] = {}
    for path in sorted((place / LIBRARIES).iterdir()):
        part = _library_part(path, place / "lib")
        known.setdefault(part.name, part)
    yield from known.values()


def _library_part(path: Path, scripts: Path) -> Part:
    found = _FILE.fullmatch(path.name)
    if found is None:
        raise KeyError(path.name)
    name, package, spdx = _LIBRARIES[found["library"]]
    version = found["version"] or ""
    if name == "OpenSSL":
        stated = _OPENSSL.search(next(path.parent.glob("libcrypto*")).read_bytes())
        version = stated[1].decode() if stated else version
    if name in ("Tcl", "Tk"):
        script = scripts / ("tcl8.6/init.tcl" if name == "Tcl" else "tk8.6/tk.tcl")
        stated_in = _TCL.search(script.read_text("utf-8"))
        version = stated_in[1] if stated_in else version
    return Part(name, version, spdx, f"pkg:generic/{name.lower()}@{version}", (debian_text(package),))
