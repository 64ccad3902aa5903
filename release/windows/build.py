"""Builds setup and portable for Windows: ``python -m release.windows.build --wheel FILE --out DIR``.

The wheel is the tool's; one that a centre sealed brings the centre's root of trust and addresses, and the packs that it
was built with. What signs is said by the environment (see ``release.windows.signing``).
"""

import argparse
import shutil
import sys
from pathlib import Path

from release.sbom import sbom_json
from release.windows.installers import KINDS, build_installer
from release.windows.programs import PRODUCT
from release.windows.signing import PREFIX, Signer
from release.windows.tree import RUNTIME, lay_out, sign_unsigned

from quetsach.packs.downloads import Download, add_downloads, described, sealed_root

TREE = "windows"


def build(wheel: Path, out: Path, signer: Signer | None) -> list[Download]:
    """Build the tree, and both files from it; return their entries, which are in the list of the folder then.

    Raises:
        CalledProcessError: what is pinned cannot be fetched, or a program of the build failed.
        NotSignedError: a file is not signed as it must be.
    """
    version, root = wheel.name.split("-")[1], sealed_root(wheel.read_bytes())
    tree = out / TREE
    shutil.rmtree(tree, ignore_errors=True)
    parts = lay_out(tree, wheel=wheel, version=version)
    if signer is not None:
        sign_unsigned(tree, signer)
    (out / f"QuetSach-{version}-windows.cdx.json").write_text(sbom_json(PRODUCT, version, parts, tree), "utf-8")
    entries = []
    for kind in KINDS:
        path = out / f"QuetSach-{version}-{kind}.exe"
        name = build_installer(kind, tree, path, version=version, signer=signer)
        entries.append(described(path, system="windows", kind=kind, version=version, signed_by=name, root=root))
    add_downloads(out, entries)
    return entries


def main() -> int:
    """Build, and say what was built and what it lacks."""
    parser = argparse.ArgumentParser(description="Build setup and portable of the tool for Windows.")
    parser.add_argument("--wheel", type=Path, required=True, help="the tool's wheel; a centre's brings its trust")
    parser.add_argument("--out", type=Path, required=True, help="folder of the downloads")
    arguments = parser.parse_args()
    entries = build(arguments.wheel, arguments.out, Signer.configured())
    for entry in entries:
        print(f"{arguments.out / entry.name} ({entry.size_bytes:,} bytes), signed by: {entry.signed_by or 'nobody'}")
    if not entries[0].signed_by:
        print(f"not signed: name a certificate with {PREFIX}CERTIFICATE and {PREFIX}KEY", file=sys.stderr)
    if not (arguments.out / TREE / RUNTIME / "bundled" / "trust").is_dir():
        print("no root of trust inside: updates need one, so build from a wheel that a centre sealed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
