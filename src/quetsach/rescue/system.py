"""The system on the stick: a small Debian from its own packages, with this tool and what starts it."""

import io
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from shlex import quote

import quetsach
from quetsach import storage
from quetsach.core.text import Text
from quetsach.installation import bundled_country
from quetsach.rescue import RescueError
from quetsach.rescue.programs import run

# Where the packages of the stick come from: the same places that the machine which makes it gets its own from.

_FIELDS = ("ORIGIN", "REPO_URI", "CODENAME", "RELEASE", "COMPONENT", "SIGNED_BY")
_FORMAT = "\t".join(f"$({field})" for field in _FIELDS)
_SETTINGS = ("http", "https", "Check-", "Max-ValidTime", "Retries", "ForceIPv4", "ForceIPv6")
"""What of apt's settings for fetching is passed on: proxies and how fresh lists must be."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Debian's packages as apt finds them here.

    ``lines`` are those of a ``sources.list``, ``settings`` those of an ``apt.conf``.
    """

    codename: str
    lines: tuple[str, ...]
    settings: tuple[str, ...]


def sources_here() -> Sources:
    """Return the sources of this machine.

    Raises:
        RescueError: apt knows no packages of Debian here.
    """
    targets = run("apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages")
    settings = run("apt-config", "dump", "--no-empty", "--format", '%F "%v";%n')
    return read_sources(targets, settings)


def read_sources(targets: str, settings: str) -> Sources:
    """Return the sources that apt names.

    Args:
        targets: what ``apt-get indextargets`` printed in our format.
        settings: what ``apt-config dump`` printed in ours.

    Raises:
        RescueError: none of them is of Debian.
    """
    rows = [line.split("\t") for line in targets.splitlines()]
    found: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    codenames = []
    for row in rows:
        if len(row) != len(_FIELDS) or row[0] != "Debian":
            continue
        _, uri, codename, release, component, key = row
        codenames += [codename] if codename.isalpha() else []  # not of updates and of security
        found[uri, release, key if key.startswith("/") else ""][component] = None
    if not codenames:
        raise RescueError(Text("apt knows no packages of Debian here"), hint=Text("run `apt-get update` on a Debian"))
    codename = codenames[0]
    lines = tuple(
        f"deb {f'[signed-by={key}] ' if key else ''}{uri} {release} {' '.join(components)}"
        for (uri, release, key), components in found.items()
        if release.split("-")[0] == codename
    )
    return Sources(codename, lines, tuple(_passed_on(settings)))


def _passed_on(settings: str) -> list[str]:
    prefixes = tuple(f"Acquire::{name}" for name in _SETTINGS)
    return [line for line in settings.splitlines() if line.startswith(prefixes) and not line.endswith('"";')]


PACKAGES = (
    *("base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "diffutils", "dpkg", "findutils"),
    *("grep", "gzip", "hostname", "init-system-helpers", "less", "libc-bin", "login", "mount", "ncurses-base"),
    *("procps", "sed", "sysvinit-utils", "tar", "tzdata", "util-linux"),
    *("systemd-sysv", "udev", "kmod", "linux-image-amd64", "initramfs-tools", "zstd"),  # it starts
    *("fdisk", "e2fsprogs", "ntfs-3g", "cryptsetup-bin"),  # disks
    *("python3", "python3-tk", "libarchive13t64"),  # the tool
    *("xserver-xorg-core", "xserver-xorg-video-fbdev", "xserver-xorg-input-libinput", "xinit", "xterm"),  # the screen
    *("matchbox-window-manager", "fonts-noto-core", "fonts-noto-mono", "kbd", "console-setup-linux"),
)
"""Packages of Debian, with what they need and nothing that they only recommend."""

BOOT_PACKAGES = ("shim-signed", "shim-helpers-amd64-signed", "grub-efi-amd64-signed", "grub-pc-bin", "grub-common")
"""What starts the stick; it is taken out of its packages and not installed."""

_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
_MODULES = "/usr/lib/modules/*/kernel"
LEFT_OUT = (
    *("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*"),
    # The screen is drawn without acceleration. Drivers of cards that want firmware, which Debian's own part has not,
    # would leave it black: without them the frame buffer that the machine's own firmware set up stays.
    *(f"{_LIBRARIES}/libLLVM*", f"{_LIBRARIES}/libgallium*", f"{_LIBRARIES}/libz3*", f"{_LIBRARIES}/dri/*"),
    *(f"{_MODULES}/drivers/gpu/drm/{name}/*" for name in ("amd", "i915", "nouveau", "radeon", "xe")),
    "/usr/share/fonts/truetype/noto/*",
    # No network, no sound, no pictures.
    *(
        f"{_MODULES}/{name}/*"
        for name in ("sound", "drivers/media", "drivers/net", "drivers/infiniband", "net/wireless")
    ),
    *(f"{_MODULES}/drivers/{name}/*" for name in ("iio", "staging", "isdn", "comedi", "accel", "bluetooth")),
)
"""Files of these packages that the stick does without (dpkg's patterns)."""

_FONTS = "/usr/share/fonts/truetype/noto"
KEPT = (
    "/usr/share/doc/*/copyright",
    *(f"{_FONTS}/{name}.ttf" for name in ("NotoSans-Regular", "NotoSans-Bold", "NotoSansMono-Regular")),
)
"""What of these stays: licences, and the fonts of the window, which have all letters of Vietnamese."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """The folders that a stick is made in."""

    folder: Path

    @property
    def root(self) -> Path:
        """The system."""
        return self.folder / "root"

    @property
    def boot(self) -> Path:
        """What starts it: packages taken apart."""
        return self.folder / "boot"

    @property
    def medium(self) -> Path:
        """What the file system of the stick will hold."""
        return self.folder / "medium"


def install_system(workshop: Workshop, sources: Sources, archive: Path, *, epoch: int) -> None:
    """Install Debian and the tool into the root, and fetch what starts it.

    Args:
        workshop: where to.
        sources: where packages come from.
        archive: the files of the tool and of the stick, unpacked over the system.
        epoch: the time that all of it bears.

    Raises:
        RescueError: packages cannot be had, or their installation fails.
    """
    workshop.boot.mkdir()
    fetch = 'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qo APT::Sandbox::User=root download'
    settings = (*sources.settings, 'Acquire::Languages "none"', 'APT::Install-Recommends "0"')
    run(
        *(
            "unshare",
            "--mount",
            "mmdebstrap",
        ),  # its mounts of /proc, /sys and /dev stay out of our sight
        *("--variant=custom", "--mode=root", "--architectures=amd64", "--quiet"),
        f"--include={','.join(PACKAGES)}",
        *(f"--aptopt={line}" for line in settings),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        *(f"--dpkgopt=path-include={pattern}" for pattern in KEPT),
        f"--customize-hook=tar-in {quote(str(archive))} /",
        f"--customize-hook=cd {quote(str(workshop.boot))} && {fetch} {' '.join(BOOT_PACKAGES)}",
        f'--customize-hook=chroot "$1" ln -sf /usr/share/zoneinfo/{bundled_country().zone} /etc/localtime',
        *(f'--customize-hook=chroot "$1" {command}' for command in _FINISH),
        sources.codename,
        workshop.root,
        *sources.lines,
        epoch=epoch,
    )
    for package in sorted(workshop.boot.glob("*.deb")):
        run("dpkg-deb", "--extract", package, workshop.boot / "files")


_FINISH = (
    "python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3/dist-packages",
    "systemctl --quiet enable quetsach-screen.service quetsach-serial.service",
    "systemctl --quiet mask getty@.service serial-getty@.service autovt@.service systemd-firstboot.service",
    "systemctl --quiet set-default multi-user.target",
    "update-initramfs -c -k all",
)
"""What is done inside the system at last."""


def pack_system(workshop: Workshop, *, epoch: int) -> None:
    """Put kernel, first file system and the packed system onto the medium, with the list of all packages."""
    live = workshop.medium / "live"
    live.mkdir(parents=True)
    for source, name in (("vmlinuz-*", "vmlinuz"), ("initrd.img-*", "initrd")):
        (found,) = sorted((workshop.root / "boot").glob(source))
        found.replace(live / name)
    listed = run("dpkg-query", f"--admindir={workshop.root}/var/lib/dpkg", "--show")
    (live / "packages.txt").write_text(listed)
    left_out = (
        "boot/*",
        "var/cache/*",
        "var/log/*",
        "var/lib/apt/*",
        "usr/share/initramfs-tools/*",
        "tmp/*",
        "etc/apt/*",
    )
    run(
        "mksquashfs",
        *(workshop.root, live / "system.squashfs"),
        *("-noappend", "-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", "19", "-b", "1M"),
        *("-wildcards", "-e", *left_out),
        epoch=epoch,
    )


# This very tool as it is put onto the stick: its package, what it depends on, and the packs.

PACKAGE_FOLDER = PurePosixPath("usr/lib/python3/dist-packages")
"""Where Debian's Python looks for packages."""

SERVER = ("web", "centre", "lake", "simulate", "rescue/overlay", "bundled")
"""Folders of our package that a stick does without; packs and root of trust are those that are passed in."""

DEPENDENCIES = ("boreal-python", "cffi", "cryptography", "pycparser", "securesystemslib", "tuf", "urllib3")
"""What the bare tool needs, with all that these need; a test compares it with what they say of themselves."""

_EXECUTABLE = ("usr/bin/", "usr/lib/quetsach/", "etc/initramfs-tools/hooks/")


def overlay_files() -> Iterator[tuple[str, bytes]]:
    """Yield the files that make a Debian our stick: name inside the root, content."""
    folder = Path(__file__).with_name("overlay")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def tool_files(bundled: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the tool and of all it depends on: name inside the root, content.

    Args:
        bundled: packs and root of trust, by name inside ``quetsach/bundled``.

    Raises:
        RescueError: this tool is not installed in a way that tells what belongs to it.
    """
    ours = Path(quetsach.__file__).parent
    for path in sorted(ours.rglob("*")):
        name = path.relative_to(ours).as_posix()
        if path.is_file() and not _is_passed_over(name):
            yield f"{PACKAGE_FOLDER}/quetsach/{name}", path.read_bytes()
    for name, content in bundled.items():
        yield f"{PACKAGE_FOLDER}/quetsach/bundled/{name}", content
    for one in DEPENDENCIES:
        yield from _distribution_files(one)


def _is_passed_over(name: str) -> bool:
    return "__pycache__/" in name or name.startswith(tuple(f"{folder}/" for folder in SERVER))


def _distribution_files(name: str) -> Iterator[tuple[str, bytes]]:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise RescueError(
            Text("a part of this tool is not found"), where=name, hint=Text("install quetsach again")
        ) from None
    for file in found.files or ():
        path = Path(str(found.locate_file(file)))
        if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
            yield f"{PACKAGE_FOLDER}/{file.as_posix()}", path.read_bytes()


def write_archive(path: Path, files: Iterable[tuple[str, bytes]], *, epoch: int) -> None:
    """Write files as an archive that unpacks to the same bytes, owners, modes and times wherever it is made."""
    with (
        storage.replacing(path) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in sorted(files):
            archive.addfile(_member(name, len(content), epoch), io.BytesIO(content))


def _member(name: str, size: int, epoch: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size, epoch
    member.mode = 0o755 if name.startswith(_EXECUTABLE) else 0o644
    return member
