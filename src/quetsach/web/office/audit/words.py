"""What acts, their particulars, and the things that entries of the log are about, are called."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.web.design.words import day, moment, percent
from quetsach.web.office.approvals.models import APPROVAL_TITLES
from quetsach.web.office.log.services import names_of
from quetsach.web.office.people.models import ROLE_TITLES
from quetsach.web.office.tree.models import UNIT_KIND_TITLES

# What an entry of the log is about, in words: rooms say what their own things are called, a page at a time.

UNIT_KINDS: Mapping[str, str | Promise] = {kind.value: title for kind, title in UNIT_KIND_TITLES.items()}
_NAMED_WEEK = _("week %(week)s/%(year)s")
_WEEK = re.compile(r"\b(\d{4})-W(\d\d)\b")

NAMING: Mapping[str, tuple[str, ...]] = {
    "campaign": ("campaign",),
    "form": ("form",),
    "missing": ("unit",),
    "parent": ("unit",),
    "successors": ("unit",),
    "targets": ("unit",),
    "to": ("unit", "person"),
}
"""Particulars that hold keys of things that have names: of which kinds."""

TITLES: Mapping[str, str | Promise] = {
    "accounts": _("list of stolen accounts"),
    "analysis": _("registered analysis"),
    "approval": _("approval"),
    "assignment": _("returns asked for"),
    "baseline": _("baseline"),
    "campaign": _("campaign"),
    "case": _("help case"),
    "decision": _("decision asked for"),
    "family": _("family of malware"),
    "figures": _("published figures"),
    "form": _("form of returns"),
    "group": _("group"),
    "group-set": _("division into groups"),
    "invitation": _("invitation"),
    "kit": _("publicity kit"),
    "letter": _("letter"),
    "mail": _("mail"),
    "numbers": _("figures"),
    "operation": _("operation of the centre"),
    "other-tool": _("tool of another maker"),
    "packs": _("packs"),
    "partner": _("partner"),
    "period": _("period of returns"),
    "person": _("person"),
    "register": _("register of letters"),
    "reports": _("reports of the tool"),
    "return": _("return"),
    "return-link": _("link for a return"),
    "returns": _("totals of returns"),
    "setting": _("setting"),
    "source": _("source of a feed"),
    "template": _("template of letters"),
    "unit": _("unit"),
    "units": _("tree of units"),
    "wording": _("text"),
}
"""Kind of subject -> what it is called."""
register = template.Library()
_CHECKSUMS = frozenset({"digest", "sha256"})
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z))?")


def names_in(details: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the things are called whose keys stand among particulars; one query for each kind of them."""
    keys: dict[str, set[str]] = {}
    for detail in details:
        for name in NAMING.keys() & detail.keys():
            for kind in NAMING[name]:
                keys.setdefault(kind, set()).update(_words(detail[name]))
    found: dict[str, str] = {}
    for kind in sorted(keys):
        if keys[kind]:
            found |= names_of(kind, keys[kind])
    return found


def _words(value: object) -> Iterator[str]:
    """Yield the words of a particular, however it was written: a text, a list of texts, or values by key."""
    if isinstance(value, list | dict):
        for inner in value:
            yield from _words(inner)
    else:
        yield from str(value).split()


def weeks_in_words(text: str) -> str:
    """Return a text with its ISO weeks as people name them: ``2026-W47`` is week 47/2026."""
    return _WEEK.sub(lambda found: str(_NAMED_WEEK % {"week": int(found[2]), "year": found[1]}), text)


def subject_names(subjects: Iterable[str]) -> dict[str, str]:
    """Return what each subject is called, with as many queries as there are kinds; without a name, kind and number."""
    of_kind: dict[str, dict[str, str]] = {}
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        of_kind.setdefault(kind, {})[subject] = key
    named = {}
    for kind, keys in of_kind.items():
        names = names_of(kind, set(keys.values()))
        title = TITLES.get(kind, kind)
        for subject, key in keys.items():
            named[subject] = (
                f"{title}: {names.get(key) or weeks_in_words(key).replace(':', ', ')}" if key else str(title)
            )
    return named


# What acts are called in the log.

ACT_TITLES: Mapping[str, str | Promise] = {
    "sign-in": _("Signed in"),
    "second-factor-refused": _("Password right, second factor wrong"),
    "second-factor-add": _("Second factor set up"),
    "second-factor-remove": _("Second factor taken off"),
    "recovery-codes-renew": _("Recovery codes made anew"),
    "password-change": _("Password changed"),
    "person-invite": _("Person invited"),
    "invitation-withdraw": _("Invitation withdrawn"),
    "person-join": _("Person joined"),
    "person-name": _("Name or position changed"),
    "person-vouch": _("Vouched for a person"),
    "person-renew": _("Link for a new password given"),
    "person-begin-anew": _("Password and second factor set anew"),
    "duty-give": _("Duty given"),
    "duty-end": _("Duty ended"),
    "person-leave": _("Person left"),
    "approval-ask": _("Approval asked for"),
    "approval-grant": _("Approval granted"),
    "approval-refuse": _("Approval refused"),
    "unit-add": _("Unit added"),
    "unit-change": _("Unit changed"),
    "unit-close": _("Unit closed"),
    "unit-move": _("Unit moved"),
    "units-import": _("Units imported"),
    "campaign-begin": _("Campaign begun"),
    "plan-change": _("Plan of the campaign changed"),
    "decision": _("Decision recorded"),
    "baseline-freeze": _("Baseline frozen"),
    "figures-release": _("Figures released"),
    "analysis-register": _("Analysis registered"),
    "order-draw": _("Order of roll-out drawn"),
    "lot-draw": _("Lot of a trial drawn"),
    "roll-out-record": _("Course of the roll-out recorded"),
    "feed-upload": _("Feed file uploaded"),
    "feed-take-in": _("Feed file taken in"),
    "feed-refuse": _("Feed file refused"),
    "figures-count": _("Figures to be counted anew"),
    "source-add": _("Source of a feed added"),
    "source-change": _("Source of a feed changed"),
    "source-pause": _("Source of a feed paused"),
    "source-resume": _("Source of a feed resumed"),
    "source-pull": _("Source of a feed asked at once"),
    "source-remove": _("Source of a feed removed"),
    "family-place": _("Name of malware placed among the families"),
    "family-list": _("List of names of malware taken"),
    "family-undo": _("Placing of a name of malware taken back"),
    "letter-begin": _("Letter begun"),
    "letter-save": _("Letter changed"),
    "letter-attach": _("Annex attached"),
    "letter-issue": _("Letter issued"),
    "letter-send": _("Letter sent"),
    "letter-open": _("Letter opened"),
    "letter-acknowledge": _("Letter acknowledged"),
    "letter-forward": _("Letter forwarded"),
    "letter-refuse": _("Letter refused"),
    "letter-close": _("Letter closed"),
    "letter-bounce": _("Letter could not be delivered"),
    "letter-remind": _("Reminder sent"),
    "letter-link-renew": _("Link to a letter renewed"),
    "returns-assign": _("Returns assigned"),
    "return-submit": _("Return submitted"),
    "return-approve": _("Return approved"),
    "return-return": _("Return sent back"),
    "return-sign-off": _("Missing returns signed off"),
    "return-extend": _("Extension given"),
    "return-link": _("Link for a return given"),
    "return-link-withdraw": _("Link for a return withdrawn"),
    "partner-delivery": _("Partner's report taken in"),
    "approval-void": _("Request for approval taken back"),
    "unit-join": _("Unit put into a group"),
    "units-load": _("Tree of units loaded"),
    "group-add": _("Group of units added"),
    "group-set-add": _("Division into groups added"),
    "contact-add": _("Contact added"),
    "contact-change": _("Contact changed"),
    "contact-remove": _("Contact removed"),
    "letter-hand-over": _("Letter handed over otherwise"),
    "letter-link": _("Link to a letter given"),
    "letter-link-open": _("Letter opened by its link"),
    "register-continue": _("Register of letters continued"),
    "evaluation-ask": _("Evaluation asked for"),
    "evaluation-make": _("Evaluation made"),
    "form-take-in": _("Form of returns taken in"),
    "returns-withdraw": _("Returns no longer asked for"),
    "returns-invite": _("Units told that they owe returns"),
    "returns-remind": _("Reminded of returns"),
    "returns-policy": _("Days of reminders of returns set"),
    "returns-move": _("Periods of returns moved to the plan"),
    "kit-make": _("Publicity kit made"),
    "kit-revoke": _("Publicity kit withdrawn"),
    "accounts-take-in": _("List of stolen accounts taken in"),
    "accounts-erase": _("List of stolen accounts erased"),
    "accounts-owner-erase": _("Owner's address erased from a list"),
    "case-open": _("Help case opened"),
    "case-write": _("Help case written to"),
    "case-contact": _("Contact of a help case looked at"),
    "case-erase": _("Help case erased"),
    "case-lapse": _("Help case lapsed"),
    "partner-add": _("Partner added"),
    "partner-declare": _("Partner's method declared"),
    "partner-set-aside": _("Partner's report set aside"),
    "partner-token-make": _("Partner's key given"),
    "partner-token-revoke": _("Partner's key withdrawn"),
    "mail-try": _("Trial mail sent to oneself"),
    "time-stamp-try": _("Time stamp tried"),
    "mail-retry": _("Mail sent once more"),
    "mail-settle": _("Doubtful mail settled"),
    "return-reopen": _("Return opened again"),
    "case-take": _("Help case taken on"),
    "case-answer": _("Help case answered by the office"),
    "case-ask": _("Question about a help case"),
    "case-note": _("Note on a help case"),
    "case-hand-over": _("Help case handed over"),
    "case-give-back": _("Help case given back to its unit"),
    "case-close": _("Help case closed"),
    "case-reopen": _("Help case opened again"),
    "wording-save": _("Text reworded"),
    "reports-withdraw": _("Reports of the tool withdrawn"),
    "reports-restore": _("Reports of the tool counted again"),
    "reports-release": _("Day of reports let count"),
    "packs-publish": _("Packs given to everybody"),
    "packs-withdraw": _("Pack or rule taken back"),
    "packs-unwithdraw": _("Pack or rule given free again"),
    "other-tool-publish": _("Tool of another maker shown or changed"),
    "other-tool-withdraw": _("Tool of another maker withdrawn"),
    "setting-change": _("Setting of the centre changed"),
    "template-keep": _("Template of a letter kept"),
}
"""Act -> title. An act that is missing here stands in the log as it was written."""

DETAIL_TITLES: Mapping[str, str | Promise] = {
    "accepted": _("accepted"),
    "address": _("address"),
    "addresses": _("addresses"),
    "after": _("afterwards"),
    "before": _("before"),
    "by": _("by"),
    "by_mail": _("by mail"),
    "campaign": _("campaign"),
    "changes": _("changed fields"),
    "code": _("code"),
    "delivery": _("delivery"),
    "day": _("day"),
    "digest": _("SHA-256"),
    "digests": _("lists for units above"),
    "dispatch": _("dispatch"),
    "due": _("to be answered by"),
    "duplicates": _("known already"),
    "duties": _("duties"),
    "email": _("e-mail address"),
    "expires_at": _("valid until"),
    "feed": _("feed"),
    "findings": _("findings"),
    "form": _("form"),
    "group": _("in group"),
    "group_set": _("division"),
    "how": _("how"),
    "invitations": _("open invitations ended"),
    "kind": _("kind"),
    "label": _("label"),
    "lake": _("state of the lake"),
    "language": _("language"),
    "last": _("last number"),
    "link": _("link"),
    "machines": _("machines"),
    "message": _("message"),
    "missing": _("missing units"),
    "name": _("called"),
    "number": _("number"),
    "on": _("on"),
    "opened": _("opened on"),
    "packs": _("packs"),
    "parent": _("unit above"),
    "parent_days": _("days for units above"),
    "pattern": _("pattern"),
    "period": _("period"),
    "periods": _("periods"),
    "place": _("place"),
    "quarantined": _("set aside"),
    "reason": _("reason"),
    "records": _("records"),
    "refused": _("files refused"),
    "reminders": _("reminders"),
    "report": _("report"),
    "reports": _("reports"),
    "result": _("result"),
    "revision": _("revision number"),
    "role": _("role"),
    "sessions": _("sessions ended"),
    "sha256": _("SHA-256"),
    "signatures": _("digital signatures"),
    "since": _("since"),
    "source": _("source"),
    "spelling": _("as feeds write it"),
    "submitted": _("returns already submitted"),
    "successors": _("successors"),
    "targets": _("units asked"),
    "title": _("title"),
    "told": _("told by mail"),
    "to": _("to"),
    "type": _("type"),
    "unit_days": _("days for units"),
    "units": _("units"),
    "unsigned": _("issued without a digital signature"),
    "until": _("until"),
    "up_to": _("up to version"),
    "version": _("version number"),
    "via": _("by way of"),
    "was_sent": _("had gone out"),
}
"""Name of a particular -> what it is called. One that is missing here stands as it was written."""

_DECISION_KINDS: Mapping[str, str | Promise] = {
    DecisionKind.BOTNETS.value: _("botnets"),
    DecisionKind.ISPS.value: _("Internet providers"),
    DecisionKind.DATES.value: _("dates of the plan"),
    DecisionKind.PLAN.value: _("the plan"),
    DecisionKind.EVALUATION.value: _("evaluation"),
    DecisionKind.OTHER.value: _("another matter"),
}
DETAIL_WORDS: Mapping[str, Mapping[str, str | Promise]] = {
    "role": {role.value: title for role, title in ROLE_TITLES.items()},
    "duties": {role.value: title for role, title in ROLE_TITLES.items()},
    "kind": {**UNIT_KINDS, **_DECISION_KINDS, **APPROVAL_TITLES},
    "result": {"done": _("done"), "failed": _("failed")},
    "targets": UNIT_KINDS,
    "type": UNIT_KINDS,
    "unsigned": {"by consent": _("by consent")},
    "via": {
        "inbox": _("the inbox of the office"),
        "link": _("the link of the letter"),
        "centre": _("the centre"),
        "mail": _("e-mail"),
        "exchange": _("document exchange"),
    },
}
"""Particulars whose values have names of their own."""


@register.filter
def act_title(act: str) -> str | Promise:
    """Return what an act is called; one that has no name yet stands as it was written."""
    return ACT_TITLES.get(act, act)


@register.filter
def named(subject: str, names: Mapping[str, str]) -> str:
    """Return what the subject of an entry is called."""
    return names.get(subject, subject)


@register.filter
def particulars(
    detail: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> Iterator[tuple[str | Promise, str, bool]]:
    """Return the particulars of an entry with their names, in words, and whether each is a checksum.

    ``names`` are those of units and people by the keys and numbers that particulars hold.
    """
    for name, value in detail.items():
        words = DETAIL_WORDS.get(name, {})
        if name in NAMING:
            words = {**words, **(names or {})}
        told = _shares(value) if name == "successors" else _targets(value, words) if name == "targets" else value
        yield DETAIL_TITLES.get(name, name), _said(told, words), name in _CHECKSUMS


def _shares(value: object) -> object:
    """Write what each successor took over, kept in millionths, as a share."""
    if not isinstance(value, dict):
        return value
    return {key: percent(millionths / 10_000) for key, millionths in value.items()}


def _targets(value: object, words: Mapping[str, str | Promise]) -> object:
    """Write a place and the kind of the units below it that are asked in words: ``tw province``."""
    if not isinstance(value, list):
        return value
    return [": ".join(str(words.get(word, word)) for word in str(one).split()) for one in value]


def _said(value: object, words: Mapping[str, str | Promise]) -> str:
    match value:
        case bool():
            return str(_("yes") if value else _("no"))
        case dict() | list() | str() | None if not value:
            return "–"
        case list():
            return ", ".join(_said(item, words) for item in value)
        case dict():
            return ", ".join(f"{words.get(key, key)}: {_said(item, words)}" for key, item in value.items())
    text = str(value)
    if text in words:
        return str(words[text])
    return _time_said(text) if _TIME.fullmatch(text) else weeks_in_words(text)


def _time_said(text: str) -> str:
    """Write a day or a time that an entry holds in ISO 8601 as the page writes its own."""
    try:
        return moment(datetime.fromisoformat(text)) if len(text) > len("2020-10-06") else day(date.fromisoformat(text))
    except ValueError:
        return text
