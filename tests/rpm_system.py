"""A small system installed by rpm itself, with its database in each of the forms that rpm has had."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

DATABASE = Path("usr/lib/sysimage/rpm")
FORMS = ("sqlite", "ndb", "berkeley")

_SPEC = """
Name: {name}
Version: 1
Release: 1
Summary: A package of the tests
License: CC0-1.0
BuildArch: noarch
%define _build_id_links none
%define __os_install_post %{{nil}}
%global _binary_filedigest_algorithm {algorithm}
%description
A package of the tests.
%install
mkdir -p %{{buildroot}}/usr/bin %{{buildroot}}/etc %{{buildroot}}/usr/share/{name}
echo "program {name}" > %{{buildroot}}/usr/bin/{name}
echo "setting {name}" > %{{buildroot}}/etc/{name}.conf
ln -s {name} %{{buildroot}}/usr/bin/{name}-link
touch %{{buildroot}}/usr/share/{name}/ghost
for number in $(seq {files}); do echo $number > %{{buildroot}}/usr/share/{name}/$number.txt; done
%files
/usr/bin/*
%config(noreplace) /etc/{name}.conf
%ghost /usr/share/{name}/ghost
/usr/share/{name}/*.txt
"""

PACKAGES = {"tool": (1, 3), "editor": (8, 400), "kernel": (10, 20)}
"""Name -> number of the algorithm of its digests (MD5, SHA-256, SHA-512), how many files it has besides."""


def install(root: Path, work: Path) -> None:
    """Install the packages below ``root``; the database is SQLite's."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(work), "LC_ALL": "C"}
    specs = []
    for name, (algorithm, files) in PACKAGES.items():
        specs.append(work / f"{name}.spec")
        specs[-1].write_text(_SPEC.format(name=name, algorithm=algorithm, files=files))
    build = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {work}", *map(str, specs)]
    subprocess.run(build, env=environment, check=True, capture_output=True)
    root.mkdir(parents=True)
    packages = [str(path) for path in sorted((work / "RPMS").rglob("*.rpm"))]
    put = ["rpm", "--root", str(root), "--dbpath", f"/{DATABASE}", "-i", "--nodeps", "--nosignature", *packages]
    subprocess.run(put, env=environment, check=True, capture_output=True)


def verified(root: Path) -> set[str]:
    """Return the paths of files whose digest does not hold, as rpm itself says."""
    ask = ["rpm", "--root", str(root), "--dbpath", f"/{DATABASE}", "-Va", "--nodeps"]
    lines = subprocess.run(ask, check=False, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[-1] for line in lines if line[2] == "5"}


def convert(root: Path, form: str) -> None:
    """Give the system its database in another form."""
    folder = root / DATABASE
    ask = ["rpmdb", "--root", str(root), "--dbpath", f"/{DATABASE}"]
    if form == "ndb":
        headers = subprocess.run([*ask, "--exportdb"], check=True, capture_output=True).stdout
        shutil.rmtree(folder)
        folder.mkdir()
        put = [*ask, "--define", "_db_backend ndb", "--importdb"]
        subprocess.run(put, input=headers, check=True, capture_output=True)
    if form == "berkeley":
        with sqlite3.connect(folder / "rpmdb.sqlite") as connection:
            rows = connection.execute("SELECT hnum, blob FROM Packages").fetchall()
        connection.close()
        shutil.rmtree(folder)
        folder.mkdir()
        lines = ["VERSION=3", "format=bytevalue", "type=hash", "db_pagesize=4096", "HEADER=END"]
        for number, blob in [(0, len(rows).to_bytes(4, "little")), *rows]:
            lines += [" " + number.to_bytes(4, "little").hex(), " " + blob.hex()]
        dump = "\n".join([*lines, "DATA=END", ""])
        subprocess.run(["db5.3_load", str(folder / "Packages")], input=dump, text=True, check=True)
