"""Forms in which sightings are handed on: the layout that reads each back, and what a form asks for beside it.

What a form has no place for, or a place with narrower rules, is in ``Form``: what does not fit is left out and never
bent.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr

import pyarrow as pa
import pyarrow.compute as pc

from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY
from quetsach.core.text import Text
from quetsach.feeds.layout import Layout
from quetsach.feeds.layout_files import bundled_layouts


@dataclass(frozen=True, slots=True)
class Sender:
    """Who hands on: an organisation and its address for mail."""

    name: str
    mail: str

    @property
    def domain(self) -> str:
        """The part of its address that is its own."""
        return self.mail.rpartition("@")[2]


def read_sender(text: str) -> Sender:
    """Read ``National centre <reports@centre.example>``.

    Raises:
        InputError: the name or the address is missing.
    """
    name, mail = parseaddr(text)
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable() and _MAIL.fullmatch(mail)):
        hint = Text("such as: {example}", example='"National centre <reports@centre.example>"')
        raise InputError(Text("this names no organisation with an address"), where=repr(text[:80]), hint=hint)
    return Sender(name, mail)


_LONGEST_NAME = 200
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_MAIL = re.compile(rf"[A-Za-z0-9._+-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


# What a field may be in a form. Each works on distinct texts; what does not fit becomes nothing.

type Texts = pa.StringArray
type Fit = tuple[Callable[[Texts], Texts], str]
"""What is done to texts, and how the reference says it."""


def _only(pattern: str, change: Callable[[Texts], Texts] = lambda texts: texts) -> Callable[[Texts], Texts]:
    def fitted(texts: Texts) -> Texts:
        changed = change(texts)
        return pc.if_else(pc.match_substring_regex(changed, rf"\A(?:{pattern})\z"), changed, "")

    return fitted


def _one_line(texts: Texts) -> Texts:
    return pc.replace_substring_regex(texts, r"[\x00-\x1f\x7f]", " ")


def _stripped(texts: Texts) -> Texts:
    return pc.utf8_trim_whitespace(_one_line(texts))


def _domain(texts: Texts) -> Texts:
    return pc.utf8_lower(pc.utf8_rtrim(texts, characters="."))


_NAME = rf"{_LABEL}(?:\.{_LABEL})*\.[a-z0-9-]*[a-z][a-z0-9-]*"
DOMAIN: Fit = (_only(_NAME, _domain), "a domain name in small letters")
_ONE_LINE: Fit = (_one_line, "on one line; guarded against formulas by `'`")
_PLACE_TEXTS = ("hostname", "claimed_country", "claimed_region", "claimed_city", "severity")
_CSV_TEXTS = ("malware", "transport", "bot_id", "destination_hostname", "event_id", *_PLACE_TEXTS)


@dataclass(frozen=True, slots=True)
class Form:
    """A form in which sightings are handed on.

    ``feed`` and ``report`` name the layout that reads it back. ``renamed`` are fields whose column is not the first
    that the layout reads, ``also`` further columns with the fact that each tells, ``fixed`` those that are the same in
    every row (JSON), ``fits`` what a field must be there. ``own_number``: the feed's own number of an event has a
    place; where not, the sighting's identifier stands in it. ``most`` is how many sightings one document holds,
    ``None`` where a file has no end. ``needs_sender``: who hands on has to be named.
    """

    name: str
    feed: str
    report: str
    ending: str
    fits: Mapping[str, Fit] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    own_number: bool = True
    most: int | None = None
    needs_sender: bool = False

    @property
    def layout(self) -> Layout:
        """The layout that reads it back, of this build."""
        return next(one for one in bundled_layouts().of_feed(self.feed) if one.report == self.report)

    def columns(self) -> dict[str, str]:
        """Return each column with the fact that it tells; those that a layout reads come first."""
        layout = self.layout
        told = {self.renamed.get(name, names[0]): name for name, names in layout.columns.items()}
        destination, event = layout.identifying
        told |= {destination: "destination_hostname"} if destination else {}
        told |= {event: "event_id" if self.own_number else "uuid"} if event else {}
        told |= dict.fromkeys(layout.sector[:1], "sector")
        return told | dict(self.also)

    def carried(self) -> frozenset[str]:
        """Return what of a sighting is read back from it."""
        layout = self.layout
        of_layout = {*layout.columns, *({"sector"} if layout.sector else ())}
        destination, event = layout.identifying
        told = {"destination_hostname"} if destination else set()
        return frozenset(of_layout | told | ({"event_id"} if event and self.own_number else set()))


_TRANSPORTS = "tcp|udp|icmp|ipv6-icmp|sctp|gre|esp|ah"
FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form(
            "csv",
            "plain",
            "sightings",
            ".csv",
            fits=dict.fromkeys(_CSV_TEXTS, _ONE_LINE),
            also={name: name for name in ("family", "isp", "province", "feed", "report", "sighting_id", "tlp")},
        ),
        Form(
            "intelmq",
            "intelmq",
            "events",
            ".jsonl",
            fits={
                "malware": (_only("[ -~]+", pc.utf8_lower), "in small letters; printable ASCII only"),
                "transport": (_only(_TRANSPORTS), f"one of {_TRANSPORTS.replace('|', ', ')}"),
                "destination_hostname": DOMAIN,
                "hostname": DOMAIN,
                "claimed_country": (_only("[A-Z]{2}", pc.utf8_upper), "two letters, large"),
            },
            renamed={"severity": "extra.severity"},
            fixed={"classification.taxonomy": '"malicious-code"'},
            also={
                "classification.identifier": "placed_family",
                "feed.provider": "feed",
                "feed.name": "report",
                "extra.isp": "isp",
                "extra.province": "province",
                "extra.sighting_id": "sighting_id",
                "extra.tlp": "tlp",
            },
        ),
        Form(
            "xarf",
            "xarf",
            "v4",
            ".jsonl",
            fits={
                "malware": (_only(".{1,200}", _stripped), "up to 200 characters on one line"),
                "port": (_only("[1-9][0-9]*"), "from 1"),
                "destination_hostname": DOMAIN,
            },
            fixed={"xarf_version": '"4.0.0"'},
            also={"compromise_evidence": "evidence", "tags": "tags"},
            own_number=False,
            needs_sender=True,
        ),
        Form(
            "stix",
            "stix",
            "traffic",
            ".json",
            fits={
                "transport": (_only("tcp|udp|icmp|icmp6|sctp"), "one of tcp, udp, icmp, icmp6, sctp"),
                "malware": (
                    lambda texts: pc.if_else(pc.equal(pc.utf8_trim_whitespace(texts), ""), UNKNOWN_FAMILY, texts),
                    "none is `unknown`",
                ),
                "destination_hostname": DOMAIN,
            },
            own_number=False,
            most=10_000,
            needs_sender=True,
        ),
        Form(
            "misp",
            "misp",
            "infected",
            ".json",
            fits={
                "malware": (_only('[^"]{1,200}', _stripped), "up to 200 characters on one line, without quotes"),
                "transport": (_only("[ -~]{1,50}"), "printable ASCII"),
                "destination_hostname": DOMAIN,
            },
            own_number=False,
            most=10_000,
            needs_sender=True,
        ),
    )
}
"""Every form by its name."""
