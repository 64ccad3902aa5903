"""The system on the stick: a small Debian from its own packages, with this tool and what starts it."""

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from quetsach.installation import bundled_country
from quetsach.rescue.programs import run
from quetsach.rescue.sources import Sources

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
