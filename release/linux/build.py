"""Builds the Linux bundle: ``python -m release.linux.build --wheel FILE --out DIR``.

The archive unpacks to one folder with a launcher, the name of the current version, and the version itself; a newer one
is later put beside it. The same wheel, interpreter and standard library always give the same bytes.
"""

import argparse
import io
import shutil
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from quetsach.packs.downloads import add_downloads, described, sealed_root
from release.contents import dependency_files, tool_files, write_stdlib
from release.linux.elf import is_elf, wants_of
from release.linux.interpreter import STDLIB, lay_interpreter
from release.linux.parts import runtime_parts
from release.parts import Part, common_text, licences_text, package_parts
from release.sbom import sbom_json
from release.windows.programs import PRODUCT
from release.windows.tree import lay_packages
from release.windows.wheels import install, locked

GROUP = "linux-runtime"
"""The dependency group whose wheel is the interpreter; it is pinned, and its hash stands in ``uv.lock``."""
_LAUNCHER = Path(__file__).with_name("launcher.sh")
PLATFORM = "x86_64-manylinux_2_28"
OLDEST_GLIBC = (2, 28)
"""Debian 10, Ubuntu 20.04 and RHEL 8 have this or a newer one."""
FROM_THE_SYSTEM = frozenset((
    "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1",
    "libutil.so.1", "libz.so.1",
))  # fmt: skip
"""Libraries that every such system has: the C library's, the compiler's, and the one that its package tools need."""
FROM_A_DESKTOP = frozenset(("libX11.so.6", "libXrender.so.1", "libexpat.so.1"))
"""Libraries that the window needs too; every system with a graphical desktop has them."""
FOLDER = "quetsach"


def build(wheel: Path, out: Path) -> Path:
    """Build the archive, put it into the list of the folder, and return it.

    Args:
        wheel: the tool's wheel; one that a centre sealed brings its root of trust.
        out: where downloads and their list are; made if it does not exist.

    Raises:
        CalledProcessError: what is pinned cannot be fetched.
        RuntimeError: a file in the bundle needs what a system in question lacks.
    """
    version = wheel.name.split("-")[1]
    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"quetsach-{version}-linux-x64.tar.xz"
    with tempfile.TemporaryDirectory() as made:
        tree = Path(made) / FOLDER
        parts = lay_bundle(wheel, version, tree)
        require_portable(tree)
        (out / f"quetsach-{version}-linux.cdx.json").write_text(sbom_json(PRODUCT, version, parts, tree), "utf-8")
        _pack(tree, archive)
    root = sealed_root(wheel.read_bytes())
    add_downloads(out, [described(archive, system="linux", kind="bundle", version=version, root=root)])
    return archive


def lay_bundle(wheel: Path, version: str, tree: Path) -> tuple[Part, ...]:
    """Lay out the folder that people get, and return its parts."""
    place = tree / version
    with tempfile.TemporaryDirectory() as fetched:
        runtime, dependencies = Path(fetched) / "runtime", Path(fetched) / "packages"
        install(locked(GROUP), runtime, platform=PLATFORM)
        lay_interpreter(runtime, place)
        install(locked(), dependencies, platform=PLATFORM)
        lay_packages(place / "lib", [*dependency_files(dependencies)], [*tool_files(wheel)])
        own = Part(PRODUCT, version, "Apache-2.0", f"pkg:pypi/quetsach@{version}", (common_text("Apache-2.0"),))
        write_stdlib(Path(sysconfig.get_path("stdlib")), place / STDLIB)
        parts = (own, *package_parts(dependencies), *runtime_parts(place, runtime))
    (place / "lib" / "bundled" / "LICENSES.txt").write_text(licences_text(parts), "utf-8")
    for launcher in (tree / "quetsach", place / "quetsach"):
        shutil.copyfile(_LAUNCHER, launcher)
        launcher.chmod(0o755)
    (tree / "current").write_text(f"{version}\n")
    return parts


def require_portable(tree: Path) -> None:
    """Check what every program and library of a bundle needs against the oldest system that it is for.

    Raises:
        RuntimeError: one needs a newer C library, or a library that is neither there nor part of every system.
    """
    files = [path for path in sorted(tree.rglob("*")) if path.is_file() and is_elf(path)]
    known = FROM_THE_SYSTEM | FROM_A_DESKTOP | {path.name for path in files}
    for path in files:
        wants = wants_of(path)
        if wants.glibc > OLDEST_GLIBC:
            raise RuntimeError(f"{path.name} needs glibc {'.'.join(map(str, wants.glibc))}")
        if unknown := set(wants.libraries) - known:
            raise RuntimeError(f"{path.name} needs {', '.join(sorted(unknown))}")


def _pack(tree: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:xz", format=tarfile.PAX_FORMAT, preset=9) as made:
        for path in (tree, *sorted(tree.rglob("*"))):
            entry = tarfile.TarInfo(path.relative_to(tree.parent).as_posix())
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            if path.is_dir():
                entry.type = tarfile.DIRTYPE
                made.addfile(entry)
            else:
                content = path.read_bytes()
                entry.size = len(content)
                made.addfile(entry, io.BytesIO(content))


def main() -> int:
    """Build, and say what was built."""
    parser = argparse.ArgumentParser(description="Build the Linux bundle of the tool.")
    parser.add_argument(
        "--wheel", type=Path, required=True, help="the tool's wheel; a centre's brings its root of trust"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the downloads")
    arguments = parser.parse_args()
    archive = build(arguments.wheel, arguments.out)
    print(f"{archive} ({archive.stat().st_size:,} bytes)")
    if not sealed_root(arguments.wheel.read_bytes()):
        print("no root of trust inside: updates need one, so build from a wheel that a centre sealed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
