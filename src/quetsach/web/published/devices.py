"""The kinds of device that people have: how each is called, which packs are about it, which files clean it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.published.offer import WHEEL, OfferedFile

_RESCUE = ("linux", "rescue")


@dataclass(frozen=True, slots=True)
class Device:
    """One kind: ``slug`` is its place in addresses, ``about`` how one recognises it, ``platforms`` those of packs.

    ``files`` are system and kind of the files that run on it, the best first; none where the tool does not run.
    """

    kind: str
    slug: Promise
    name: Promise
    about: Promise
    platforms: frozenset[str]
    files: tuple[tuple[str, str], ...] = ()

    @property
    def runs_the_tool(self) -> bool:
        """Whether there may be a file that runs on it; on others nothing is said to be cleaned."""
        return bool(self.files)


# The order in which people are asked: from what most have to what few have. A slug ends as all addresses do.
DEVICES = (
    Device(
        "windows",
        _("windows-computer/"),
        _("Windows computer"),
        _("Desktop or laptop whose keyboard has a key with four squares"),
        frozenset({"windows"}),
        (("windows", "setup"), ("windows", "portable")),
    ),
    Device(
        "mac",
        _("mac/"),
        _("Mac"),
        _("MacBook, iMac, Mac mini: a computer with an apple on it"),
        frozenset({"macos"}),
    ),
    Device(
        "android",
        _("android-phone/"),
        _("Android phone"),
        _("Samsung, OPPO, Xiaomi, vivo and many others; tablets too"),
        frozenset({"android"}),
    ),
    Device(
        "iphone",
        _("iphone/"),
        _("iPhone, iPad"),
        _("Phone or tablet with an apple on its back"),
        frozenset(),
    ),
    Device(
        "router",
        _("wi-fi-router/"),
        _("Wi-Fi router"),
        _("The box with lights from the internet provider, or one of your own"),
        frozenset({"router"}),
    ),
    Device(
        "camera",
        _("camera/"),
        _("Camera, recorder"),
        _("Cameras in the house or outside, and the box that records them"),
        frozenset({"camera"}),
    ),
    Device(
        "tv-box",
        _("tv-box/"),
        _("TV box"),
        _("The box at the television set, or a set with Android"),
        frozenset({"android"}),
    ),
    Device(
        "linux",
        _("linux-server/"),
        _("Linux server"),
        _("Servers, rented machines, computers with Ubuntu, Debian and the like"),
        frozenset({"linux"}),
        (("linux", "bundle"), ("", WHEEL)),
    ),
)
BY_KIND = {device.kind: device for device in DEVICES}


def devices_on(platforms: AbstractSet[str]) -> tuple[Device, ...]:
    """Return the kinds of device on which malware of some platforms lives."""
    return tuple(device for device in DEVICES if device.platforms & platforms)


def only_device(platforms: Sequence[AbstractSet[str]]) -> Device | None:
    """Return the one kind of device on which everything that was seen lives.

    Args:
        platforms: of each family; a family of which nothing is known has none.
    """
    found = {device.kind: device for each in platforms for device in devices_on(each)}
    known = all(devices_on(each) for each in platforms)
    return next(iter(found.values())) if known and len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What this centre offers for a device: the file that runs on it, and the stick that starts it from outside."""

    first: OfferedFile | None
    stick: OfferedFile | None

    @property
    def command(self) -> str:
        """How the tool is called on a command line: the bundle is opened where it lies, the package is installed."""
        return "sudo ./quetsach" if self.first and self.first.kind == "bundle" else "sudo quetsach"


def remedy_of(device: Device, files: Sequence[OfferedFile]) -> Remedy:
    """Choose among the files on offer; nothing is handed out that does not run there."""
    by_kind = {(file.system, file.kind): file for file in files}
    first = next((by_kind[kind] for kind in device.files if kind in by_kind), None)
    # The stick looks at drives of Windows alone.
    return Remedy(first, by_kind.get(_RESCUE) if device.kind == "windows" else None)
