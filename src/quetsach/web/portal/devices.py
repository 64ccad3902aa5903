"""The ways through the portal that begin at a device: their addresses, their three steps, and who does not know."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import register_converter, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.portal.pages import Link
from quetsach.web.published.devices import BY_KIND, DEVICES, Device


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three pages of a device: its route, the part of its long text, titles, and what it is about."""

    route: str
    part: str
    title: Promise
    about: Promise
    title_without_tool: Promise
    about_without_tool: Promise

    def title_for(self, device: Device) -> Promise:
        """Return its title; where the tool does not run nothing is said to be cleaned."""
        return self.title if device.runs_the_tool else self.title_without_tool

    def about_for(self, device: Device) -> str:
        """Return what the page is about, in a sentence."""
        about = self.about if device.runs_the_tool else self.about_without_tool
        return str(about) % {"device": device.name}


_SIGNS = _("%(device)s: signs of malware, how it gets in, and what an answer of the check means for it.")
_KEEP_AWAY = _("%(device)s: a few settings and habits that keep malware away.")
STEPS = (
    Step("device", "learn", _("Find out"), _SIGNS, _("Find out"), _SIGNS),
    Step(
        "device-clean",
        "clean",
        _("Clean"),
        _("%(device)s: find and remove malware with the tool, which file is the right one, and what to do afterwards."),
        _("What to do"),
        _("%(device)s: what to do about malware, in which order, and whom to call first. The tool does not run on it."),
    ),
    Step("device-prevent", "prevent", _("Prevent"), _KEEP_AWAY, _("Prevent"), _KEEP_AWAY),
)


def step_links(device: Device, number: int) -> tuple[Link, Link]:
    """Return where one comes from and where one goes on from a step (from 0) of a device."""

    def to(at: int) -> Link:
        return Link(reverse(STEPS[at].route, args=[device.kind]), STEPS[at].title_for(device))

    back = to(number - 1) if number else Link(reverse("devices"), _("Another device"))
    following = to(number + 1) if number + 1 < len(STEPS) else Link(reverse("check"), _("Check the connection again"))
    return back, following


def device_links() -> tuple[tuple[Link, Promise], ...]:
    """Return the first page of each device and how one recognises it; the last is for who does not know."""
    known = tuple((Link(reverse("device", args=[d.kind]), d.name), d.about) for d in DEVICES)
    return (*known, (Link(reverse("which-device"), _("I do not know")), _("A few short questions help you find out")))


# Who does not know what they have is asked: one question a page, each answer a link.


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: ``to`` is a device, another question, or ``help`` for the help desk."""

    text: Promise
    to: str

    @property
    def url(self) -> str:
        """Where it leads."""
        if self.to in BY_KIND:
            return reverse("device", args=[self.to])
        return reverse("help") if self.to == "help" else reverse("device-question", args=[self.to])


@dataclass(frozen=True, slots=True)
class Question:
    """One page: what is asked, a hint, and the answers."""

    title: Promise
    hint: Promise
    choices: tuple[Choice, ...]


_NONE_OF_THESE = Choice(_("None of these, or I still do not know: ask a person"), "help")
FIRST_QUESTION = Question(
    _("What does the device look like?"),
    _("Look at the device itself. If several look suspicious, begin with one; the others come afterwards."),
    (
        Choice(_("It has a keyboard: a computer on the desk or a laptop"), "computer"),
        Choice(_("It lies in the hand and is used by touching its screen"), "handheld"),
        Choice(_("It is a box with small lights and cables, without a screen"), "box"),
        Choice(_("It has a lens and hangs on the wall or stands on a shelf"), "camera"),
        Choice(_("It is a television set"), "tv-box"),
        Choice(_("I only have a notice or an answer of the check, and many devices at home"), "many"),
        _NONE_OF_THESE,
    ),
)
QUESTIONS: Mapping[str, Question] = {
    "computer": Question(
        _("What is on its keyboard or its case?"),
        _("Look at the bottom row of keys, and at the lid or the back of the screen."),
        (
            Choice(_("A key with four squares, the sign of Windows"), "windows"),
            Choice(_("An apple with a bite, or a key that says “command”"), "mac"),
            Choice(_("A penguin or the name Ubuntu, Debian, Fedora on the screen; or it is a server"), "linux"),
            _NONE_OF_THESE,
        ),
    ),
    "handheld": Question(
        _("What is on its back?"),
        _("Take it out of its cover first."),
        (
            Choice(_("An apple with a bite"), "iphone"),
            Choice(_("Any other sign, such as Samsung, OPPO, Xiaomi, vivo"), "android"),
            _NONE_OF_THESE,
        ),
    ),
    "box": Question(
        _("What do you use the box for?"),
        _("If you do not know, follow the cable: to the wall, to the television set, or to the cameras."),
        (
            Choice(_("For the internet and Wi-Fi"), "router"),
            Choice(_("For watching television and films"), "tv-box"),
            Choice(_("For recording what cameras see"), "camera"),
            Choice(_("For files of the office or a website: a server"), "linux"),
            _NONE_OF_THESE,
        ),
    ),
    "many": Question(
        _("Which of these do you have at home?"),
        _(
            "From outside nobody can tell which device it was. Take them one after the other, from the top: first the "
            "ones that the tool can look at, then those that people most often forget."
        ),
        tuple(Choice(BY_KIND[kind].name, kind) for kind in ("windows", "tv-box", "camera", "router", "android"))
        + tuple(Choice(BY_KIND[kind].name, kind) for kind in ("linux", "mac", "iphone"))
        + (_NONE_OF_THESE,),
    ),
}


# Addresses name devices and questions in the language of the page.


class _Slug:
    """A part of an address that has one word in each language."""

    regex = "[a-z0-9-]+"
    slugs: Mapping[str, Promise]

    def to_python(self, value: str) -> str:
        """Return the name of what an address of the language of the moment says."""
        for name, slug in self.slugs.items():
            if str(slug).rstrip("/") == value:
                return name
        raise ValueError(value)

    def to_url(self, value: str) -> str:
        """Say a name in the language of the moment."""
        if value not in self.slugs:
            raise ValueError(value)
        return str(self.slugs[value]).rstrip("/")


class _DeviceSlug(_Slug):
    slugs: Mapping[str, Promise] = {device.kind: device.slug for device in DEVICES}


class _QuestionSlug(_Slug):
    slugs: Mapping[str, Promise] = {
        "computer": _("computer/"),
        "handheld": _("phone-or-tablet/"),
        "box": _("box/"),
        "many": _("many-devices/"),
    }


register_converter(_DeviceSlug, "device")
register_converter(_QuestionSlug, "question")
