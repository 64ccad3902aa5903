"""What the tests need beyond the Python environment: install it when root, otherwise name it and stop.

Run before pytest by ``make test``. Nothing is skipped silently: a machine that cannot run a test fails here.
With the word ``release`` it is about what ``make release`` builds with, and no more.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PACKAGES = {
    "chromium-headless-shell": lambda: shutil.which("chromium-headless-shell"),
    "fonts-wine": lambda: Path("/usr/share/wine/fonts/marlett.ttf").exists(),
    "fonts-noto-core": lambda: Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf").exists(),
    "gcc-mingw-w64-x86-64-win32": lambda: shutil.which("x86_64-w64-mingw32-gcc"),
    "e2fsprogs": lambda: shutil.which("chattr") and shutil.which("mkfs.ext4"),
    "locales": lambda: Path("/usr/share/i18n/locales/vi_VN").exists(),
    "dosfstools": lambda: shutil.which("mkfs.fat"),
    "grub-common": lambda: shutil.which("grub-mkimage"),
    "grub-pc-bin": Path("/usr/lib/grub/i386-pc/boot_hybrid.img").exists,
    "nats-server": lambda: shutil.which("nats-server"),
    "mtools": lambda: shutil.which("mcopy"),
    "xorriso": lambda: shutil.which("xorriso"),
    "fdisk": lambda: shutil.which("sfdisk"),
    "rpm": lambda: shutil.which("rpmbuild"),
    "db5.3-util": lambda: shutil.which("db5.3_load"),
    "attr": lambda: shutil.which("setfattr"),
    "libhivex-bin": lambda: shutil.which("hivexml"),
    "libtk8.6": lambda: Path("/usr/share/doc/libtk8.6/copyright").exists(),
    "libxft2": lambda: Path("/usr/share/doc/libxft2/copyright").exists(),
    "mmdebstrap": lambda: shutil.which("mmdebstrap"),
    "nsis": lambda: shutil.which("makensis"),
    "ntfs-3g": lambda: shutil.which("ntfs-3g") and shutil.which("mkntfs"),
    "osslsigncode": lambda: shutil.which("osslsigncode"),
    "bzip2": lambda: shutil.which("bzip2"),
    "xz-utils": lambda: shutil.which("xz"),
    "7zip": lambda: shutil.which("7z"),
    "lz4": lambda: shutil.which("lz4"),
    "genisoimage": lambda: shutil.which("genisoimage"),
    "libarchive13t64": lambda: next(Path("/usr/lib").glob("*/libarchive.so.13"), None),
    "poppler-utils": lambda: shutil.which("pdftoppm"),
    "postgresql": lambda: next(Path("/usr/lib/postgresql").glob("*/bin/initdb"), None),
    "openjdk-21-jre-headless": lambda: next(Path("/usr/lib/jvm").glob("java-21-openjdk-*/bin/java"), None),
    "nginx-light": lambda: shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin"),
    "python3-tk": lambda: importlib.util.find_spec("_tkinter"),
    "util-linux": lambda: shutil.which("unshare"),
    "systemd": lambda: shutil.which("systemd-analyze"),
    "wine": lambda: shutil.which("wine"),
    "wine64": lambda: Path("/usr/lib/wine/wine64").exists(),
    "xdotool": lambda: shutil.which("xdotool"),
    "xvfb": lambda: shutil.which("Xvfb"),
    "zbar-tools": lambda: shutil.which("zbarimg"),
}
"""Debian package -> whether what the tests use of it is there."""

RELEASE = ("gcc-mingw-w64-x86-64-win32", "libtk8.6", "libxft2", "nsis", "osslsigncode")
"""Those of them that ``make release`` uses."""


def missing_packages(packages: Mapping[str, Callable[[], object]]) -> list[str]:
    """Return the Debian packages to install, in order."""
    return [package for package, is_there in packages.items() if not is_there()]


def can_isolate() -> str:
    """Return why tests of a live system cannot be run on a throw-away copy here; empty if they can."""
    if os.geteuid() != 0:
        return "the tests of live cleaning work on a throw-away copy of the system, which only root can make"
    probe = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, text=True, check=False
    )
    return "" if probe.returncode == 0 else f"the kernel refuses mount namespaces: {probe.stderr.strip()}"


def can_mount() -> str:
    """Return why tests of NTFS cannot mount one here; empty if they can."""
    return "" if Path("/dev/fuse").exists() else "the tests of NTFS mount one by FUSE, and there is no /dev/fuse"


def can_loop() -> str:
    """Return why tests of sticks cannot have a disk in a file here; empty if they can."""
    return "" if Path("/dev/loop-control").exists() else "the tests of sticks need loop devices"


def install(packages: Mapping[str, Callable[[], object]]) -> list[str]:
    """Install what is missing of some packages when root, and return what keeps the tests from running then."""
    missing = missing_packages(packages)
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        print("installing", *missing, flush=True)
        subprocess.run(["apt-get", "update", "-q"], env=environment, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-qy", "--no-install-recommends", *missing],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        missing = missing_packages(packages)
    return [f"missing Debian packages; as root: apt install {' '.join(missing)}"] if missing else []


def main(words: list[str]) -> int:
    """Install or name what is missing; 0 when the tests, or with ``release`` the builds, can run."""
    problems = install({name: PACKAGES[name] for name in (RELEASE if words == ["release"] else PACKAGES)})
    if words != ["release"]:
        if reason := can_isolate():
            problems.append(f"{reason}; run `make test` as root or in a container")
        if reason := can_mount():
            problems.append(f"{reason}; run `make test` where FUSE is")
        if reason := can_loop():
            problems.append(f"{reason}; run `make test` where they are")
    for problem in problems:
        print(f"cannot run the tests: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
