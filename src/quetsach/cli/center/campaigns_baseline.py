"""``quetsach center campaigns freeze-baseline``: look at a baseline, ask that it be frozen, or freeze it."""

import argparse
from typing import Any

from quetsach.assess import FrozenBaseline
from quetsach.centre.baseline import Completeness
from quetsach.cli.center.campaigns import campaign_named
from quetsach.cli.center.people import person_named
from quetsach.cli.center.publication import publish_figures
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Number, Text, all_in_language
from quetsach.web.office.campaigns.selectors.decisions import baseline_completeness, baseline_standing
from quetsach.web.office.campaigns.services import baseline as services
from quetsach.web.office.plans.models import Campaign

_HEADER = (Text("feed"), Text("expected"), Text("days with data"), Text("days missing"))
_SHOWN_DAYS = 5
_OPERATOR = "Người vận hành máy chủ / operator of the machine"


def freeze(arguments: argparse.Namespace) -> int:
    """Freeze the baseline of a campaign or ask for that; else show which feed has which days of its window."""
    now = arguments.now
    campaign = campaign_named(arguments.campaign)
    agreed = baseline_standing(campaign).not_frozen
    _refuse_beside(arguments, has_agreed=agreed is not None)
    named: dict[str, Any] = {
        "campaign": campaign,
        "expected": tuple(arguments.feeds),
        "accepts_gaps": arguments.accept_missing_days,
        "reason": arguments.reason,
    }
    done = ""
    asked = None
    if arguments.carry_out and agreed is not None:
        services.baseline_carry_out(agreed.approval, now)
        done = "carried-out"
    elif arguments.by:
        asked = services.baseline_ask(**named, by=person_named(arguments.by), now=now)
    elif arguments.reason.strip():
        services.baseline_freeze_alone(**named, by=_OPERATOR, now=now)
        done = "frozen"
    if done:
        publish_figures((arguments.data or default_data()).absolute(), now=now)
    return _answer(arguments, campaign, asked=asked.sha256 if asked else "", done=done)


def _refuse_beside(arguments: argparse.Namespace, *, has_agreed: bool) -> None:
    """Refuse to freeze anything else while what was agreed to waits to be carried out, and to carry out nothing.

    Raises:
        InputError: what is asked for does not fit what waits.
    """
    if has_agreed and (arguments.by or arguments.reason.strip() or arguments.feeds or arguments.accept_missing_days):
        raise InputError(
            Text("a baseline that was agreed to is not frozen yet"),
            where=arguments.campaign[:60],
            hint=Text("carry it out first, with --carry-out alone; then freeze again"),
        )
    if arguments.carry_out and not has_agreed:
        raise InputError(Text("nothing that was agreed to waits to be carried out"), where=arguments.campaign[:60])


def _answer(arguments: argparse.Namespace, campaign: Campaign, *, asked: str, done: str) -> int:
    """Say what was done, ``carried-out`` or ``frozen``, or how the baseline stands."""
    standing = baseline_standing(campaign)
    completeness = baseline_completeness(campaign, arguments.feeds) if arguments.feeds else standing.completeness
    frozen, agreed = standing.in_force, standing.not_frozen
    if arguments.json:
        print_json(
            _as_json(campaign, completeness, frozen)
            | {
                "asked_sha256": asked or None,
                "agreed_sha256": agreed.passage.sha256 if agreed else None,
                "has_frozen": bool(done),
            }
        )
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    if asked:
        tell(Text("Asked; a second person must agree in the office: {sha256}", sha256=asked), language)
    elif done and frozen is not None:
        tell(_frozen_text(frozen, is_carried_out=done == "carried-out"), language)
    else:
        _print_standing(completeness, frozen, language)
        if agreed:
            tell(
                Text(
                    "What was agreed to is not frozen yet. Once that is mended, run: quetsach center "
                    "campaigns freeze-baseline {key} --carry-out",
                    key=campaign.key,
                ),
                language,
            )
    return ExitCode.NOTHING_FOUND


def _frozen_text(frozen: FrozenBaseline, *, is_carried_out: bool) -> Text:
    number, addresses, seal = frozen.number, Number(frozen.addresses), frozen.digest
    if is_carried_out:
        return Text(
            "What was agreed to is carried out: the baseline is frozen (decision {number}): {addresses} addresses, "
            "SHA-256 {seal}",
            number=number,
            addresses=addresses,
            seal=seal,
        )
    return Text(
        "The baseline is frozen (decision {number}): {addresses} addresses, SHA-256 {seal}",
        number=number,
        addresses=addresses,
        seal=seal,
    )


def _print_standing(completeness: Completeness, frozen: FrozenBaseline | None, language: str) -> None:
    tell(
        Text(
            "Window of the baseline: {first} – {last}", first=completeness.window.first, last=completeness.window.last
        ),
        language,
    )
    if frozen is None:
        tell(Text("Provisional baseline: no decision has frozen it yet."), language)
    else:
        tell(
            Text(
                "In force (decision {number}): {addresses} addresses, frozen {at}",
                number=frozen.number,
                addresses=Number(frozen.addresses),
                at=frozen.frozen_at,
            ),
            language,
        )
    rows = [
        (
            one.feed,
            (Text("yes") if one.is_expected else Text("not named")).in_language(language),
            f"{one.days_with_data}/{completeness.window.days}",
            ", ".join(map(str, one.missing[:_SHOWN_DAYS])) + (" …" if len(one.missing) > _SHOWN_DAYS else "") or "–",
        )
        for one in completeness.feeds
    ]
    if rows:
        print_table(all_in_language(_HEADER, language), rows, right=(2,))


def _as_json(campaign: Campaign, completeness: Completeness, frozen: FrozenBaseline | None) -> dict[str, Any]:
    return {
        "campaign": campaign.key,
        "first": str(completeness.window.first),
        "last": str(completeness.window.last),
        "feeds": [
            {
                "feed": one.feed,
                "is_expected": one.is_expected,
                "days_with_data": one.days_with_data,
                "missing": [str(day) for day in one.missing],
            }
            for one in completeness.feeds
        ],
        "in_force": {
            "number": frozen.number,
            "addresses": frozen.addresses,
            "frozen_at": frozen.frozen_at.isoformat(),
            "sha256": frozen.digest,
        }
        if frozen
        else None,
    }
