"""The tree that setup and portable unpack: two programs, and below them Python, the tool, its packs and its trust.

```
quetsach.exe  QuetSachWindow.exe
runtime/  python313.dll …  *.pyd  python313._pth     what python.org and the makers of the packages signed or built
          python313.zip  tool.zip                    the standard library; the tool and what is pure Python
          site/                                      packages with parts in machine code, which no archive can hold
          bundled/                                   packs; the trust of the centre that built it; licences and parts
```
Few files are unpacked faster and looked at sooner by whatever guards the machine; the archives are not compressed,
since the download is, as a whole and better, and a start then has nothing to unpack.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from release.contents import built, dependency_files, lay_site, tool_files, write_archive, write_stdlib
from release.parts import Part, common_text, licences_text, package_parts
from release.windows.parts import runtime_parts
from release.windows.programs import PRODUCT, build_programs
from release.windows.runtime import CORE, STABLE, binaries, fetch_binaries, make_stable_abi, standard_library
from release.windows.signing import NotSignedError, Signer, sign, signer_of
from release.windows.wheels import install, locked

RUNTIME = "runtime"
CODE = (".dll", ".exe", ".pyd")
_PATH_OF_MODULES = "python313.zip\ntool.zip\n.\nsite\n"
"""Where Python looks, in this order, and nowhere else (``python313._pth``: no environment, no registry)."""
_BINARIES_LEFT_OUT = frozenset((
    "_asyncio.pyd", "_elementtree.pyd", "_overlapped.pyd", "_sqlite3.pyd", "_uuid.pyd", "_wmi.pyd", "_zoneinfo.pyd",
    "sqlite3.dll", "winsound.pyd",
))  # fmt: skip
"""Extension modules that nothing of the tool imports, and what only they load."""
_STDLIB_LEFT_OUT = frozenset(("_osx_support", "_pydecimal", "_pyio", "pickletools", "pty", "tkinter", "tty"))
"""Modules for other systems, for the window of other systems, and for extension modules that are there."""
SIGNERS = frozenset((
    "Microsoft Corporation", "Microsoft Windows Software Compatibility Publisher", "Python Software Foundation",
))  # fmt: skip
"""Who signed the files of python.org: its own, and the C library of Microsoft's compiler."""
_MACHINE_CODE = ("boreal/", "cryptography/", "_cffi_backend")
_BUNDLED = "quetsach/bundled/"


def lay_out(tree: Path, *, wheel: Path, version: str) -> tuple[Part, ...]:
    """Write the tree for a wheel of the tool, and return its parts; the same wheel always gives the same bytes.

    Raises:
        CalledProcessError: what is pinned cannot be fetched, or a program of the build failed.
        NotSignedError: a file of the runtime is not as python.org signed it.
    """
    runtime = tree / RUNTIME
    runtime.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as fetched:
        for name, path in binaries(fetch_binaries(Path(fetched) / "runtime")).items():
            if name not in _BINARIES_LEFT_OUT:
                require_signed(path)
                shutil.copyfile(path, runtime / name)
        packages = Path(fetched) / "packages"
        install(locked(), packages)
        lay_packages(runtime, [*dependency_files(packages)], [*tool_files(wheel)])
        own = Part(PRODUCT, version, "Apache-2.0", f"pkg:pypi/quetsach@{version}", (common_text("Apache-2.0"),))
        parts = (own, *package_parts(packages), *runtime_parts(runtime))
    make_stable_abi(runtime / CORE, runtime / STABLE)
    write_stdlib(standard_library(), runtime / "python313.zip", _STDLIB_LEFT_OUT)
    (runtime / "python313._pth").write_text(_PATH_OF_MODULES)
    (runtime / "bundled" / "LICENSES.txt").write_text(licences_text(parts), "utf-8")
    build_programs(tree, version)
    return parts


def require_signed(path: Path) -> None:
    """Refuse a file of the runtime that is not as python.org signed it.

    Raises:
        NotSignedError: it is another one, or signed by somebody else.
    """
    if (name := signer_of(path)) not in SIGNERS:
        raise NotSignedError(f"{path.name} is signed by {name!r}")


def sign_unsigned(tree: Path, signer: Signer) -> None:
    """Sign what nobody signed: the programs, and the libraries that come without a signature from their makers.

    So a machine that runs only what is signed by names that it knows needs to be told of two names.
    """
    for path in sorted(path for path in tree.rglob("*") if path.suffix in CODE):
        try:
            signer_of(path)
        except NotSignedError:
            sign(path, signer)


def lay_packages(runtime: Path, dependencies: list[tuple[str, bytes]], tool: list[tuple[str, bytes]]) -> None:
    """Write what is pure Python as one archive, packages with machine code as files, and packs and trust beside."""
    lay_site(_only(dependencies, _MACHINE_CODE, inside=True), runtime / "site")
    pure = [*_only(dependencies, _MACHINE_CODE, inside=False), *_only(tool, (_BUNDLED,), inside=False)]
    write_archive(sorted(built(pure)), runtime / "tool.zip")
    beside = _only(tool, (_BUNDLED,), inside=True)
    lay_site(((inner.removeprefix(_BUNDLED), content) for inner, content in beside), runtime / "bundled")


def _only(files: Iterable[tuple[str, bytes]], below: tuple[str, ...], *, inside: bool) -> Iterator[tuple[str, bytes]]:
    return ((inner, content) for inner, content in files if inner.startswith(below) == inside)
