"""``quetsach center campaigns``: plans of campaigns, how they stand, their archive, the next one."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from quetsach import storage
from quetsach.campaign import read_campaign
from quetsach.campaign.schedule.comparison import Comparison, compare
from quetsach.campaign.schedule.plan import Finding
from quetsach.campaign.schedule.status import Board, PlanStatus
from quetsach.campaign.section import MAX_BYTES
from quetsach.centre.tables import country_table
from quetsach.cli.center.people import person_named
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import LocalText, Text, all_in_language, both
from quetsach.web.office.campaigns.archive import archive_write
from quetsach.web.office.campaigns.selectors.boards import boards_of, standing_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_now, outcome_of
from quetsach.web.office.campaigns.services.plans import campaign_begin, campaign_clone, plan_replace
from quetsach.web.office.campaigns.services.steps import close_ask
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import campaign_of, campaigns, is_closed
from quetsach.web.office.tree.models import Unit


def print_list(arguments: argparse.Namespace) -> int:
    """List all campaigns."""
    now = arguments.now
    shown = []
    for campaign in campaigns():
        running = standing_of(campaign, day=today(now)).running
        state = "closed" if is_closed(campaign) else "running" if running else "none"
        shown.append((campaign.plan, running, state))
    language = chosen_language(arguments)
    if arguments.json:
        print_json([{"id": p.id, "name": both(p.name), "state": s} for p, _, s in shown])
        return ExitCode.NOTHING_FOUND
    rows = [
        (
            plan.id,
            plan.name.in_language(language),
            plan.phases[0].period.first,
            (running.phase.name if running and state == "running" else STATES[state]).in_language(language),
        )
        for plan, running, state in shown
    ]
    print_table(all_in_language(_LIST, language), rows)
    return ExitCode.NOTHING_FOUND


def print_one(arguments: argparse.Namespace) -> int:
    """Show how a campaign stands today."""
    now = arguments.now
    campaign = campaign_named(arguments.campaign)
    standing = standing_of(campaign, day=today(now))
    boards = boards_of(campaign)
    language = chosen_language(arguments)
    if arguments.json:
        print_json(
            standing_json(campaign.key, standing)
            | {"boards": [{"id": b.item.value, "done": b.done, "rows": b.total} for b in boards]}
        )
        return ExitCode.NOTHING_FOUND
    tell_standing(campaign.plan.name, standing, boards, language)
    return ExitCode.NOTHING_FOUND


def take_in(arguments: argparse.Namespace) -> int:
    """Begin a campaign from its campaign.toml, or change the plan of one that is there."""
    document = _document(arguments.file, arguments.data or default_data())
    now = arguments.now
    _require_tree()
    known = campaign_of(read_campaign(document, file=arguments.file).id)
    if known is None:
        known = campaign_begin(document=document, by=None, now=now)
    else:
        plan_replace(campaign=known, document=document, reason=arguments.reason, by=None, now=now)
    _say_made(arguments, known)
    return ExitCode.NOTHING_FOUND


def close(arguments: argparse.Namespace) -> int:
    """Say what is still open, and ask that a campaign be closed where somebody asks; another person agrees."""
    now = arguments.now
    campaign = campaign_named(arguments.campaign)
    points = outcome_now(campaign, day=today(now)).open_points
    asked = None
    if arguments.by:
        asked = close_ask(campaign=campaign, reason=arguments.reason, by=person_named(arguments.by), now=now)
    language = chosen_language(arguments)
    if arguments.json:
        print_json({"open": [both(p) for p in points], "asked_sha256": asked.sha256 if asked else None})
        return ExitCode.NOTHING_FOUND
    for point in points:
        say(f"! {point.in_language(language)}")
    if asked:
        tell(Text("Asked; a second person must agree in the office: {sha256}", sha256=asked.sha256), language)
    return ExitCode.NOTHING_FOUND


def archive(arguments: argparse.Namespace) -> int:
    """Write a campaign as a folder of pages that opens from a disk."""
    now = arguments.now
    count = archive_write(campaign_named(arguments.campaign), arguments.out, now=now)
    if arguments.json:
        print_json({"campaign": arguments.campaign, "files": count, "out": str(arguments.out)})
    else:
        first = arguments.out / "index.html"
        told = Text("{count} file: {first}", many="{count} files: {first}", count=count, first=first)
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def clone(arguments: argparse.Namespace) -> int:
    """Begin the next campaign on the plan of another."""
    now = arguments.now
    made = campaign_clone(
        pattern=campaign_named(arguments.campaign),
        key=arguments.next,
        name=LocalText(arguments.name_vi, arguments.name_en),
        first=parse_day(arguments.first),
        by=None,
        now=now,
    )
    _say_made(arguments, made)
    return ExitCode.NOTHING_FOUND


def side_by_side(arguments: argparse.Namespace) -> int:
    """Show two campaigns side by side."""
    now = arguments.now
    sides = [outcome_of(campaign_named(key), now=now) for key in (arguments.left, arguments.right)]
    comparison = compare(*sides)
    language = chosen_language(arguments)
    if arguments.json:
        rows = [
            {"fact": both(r.name), "left": both(r.left), "right": both(r.right), "compares": r.compares}
            for r in comparison.rows
        ]
        print_json({"rows": rows, "cautions": [both(c) for c in comparison.cautions]})
        return ExitCode.NOTHING_FOUND
    tell_comparison(comparison, arguments.left, arguments.right, language)
    return ExitCode.NOTHING_FOUND


def _require_tree() -> None:
    if not Unit.objects.filter(kind="centre").exists():
        raise InputError(Text("the centre has no tree of units yet"), hint="quetsach center units load")


def _document(named: str, data: Path) -> bytes:
    of_build = country_table("campaigns", data) / named / "campaign.toml"
    path = of_build if named.replace("-", "").isalnum() and of_build.is_file() else Path(named)
    return storage.read_input(path, most_bytes=MAX_BYTES)


def _say_made(arguments: argparse.Namespace, campaign: Campaign) -> None:
    if arguments.json:
        revision = campaign.revision
        print_json({"campaign": campaign.key, "revision": revision.number, "sha256": revision.sha256})
    else:
        print(f"{campaign.key}: {campaign.plan.name.in_language(chosen_language(arguments))}", file=sys.stdout)


_LIST = (Text("id"), Text("name"), Text("from", context="campaign"), Text("today"))
_PHASES = (Text("phase"), Text("from"), Text("to"), Text("state"))
STATES = {
    "ahead": Text("ahead"),
    "waiting": Text("waits for its gate"),
    "running": Text("running"),
    "over": Text("over"),
    "reached": Text("reached"),
    "missed": Text("missed"),
    "closed": Text("closed"),
    "none": Text("not begun"),
}
"""States of phases, milestones and campaigns in words."""


def tell_standing(name: LocalText, standing: PlanStatus, boards: Sequence[Board], language: str) -> None:
    """Print how a plan stands, what its gates wait for, and the boards in one line each."""
    print(f"{name.in_language(language)} · {standing.day}\n")
    print_table(
        all_in_language(_PHASES, language),
        [
            (p.phase.name.in_language(language), p.phase.period.first, p.phase.period.last, _told(p.state, language))
            for p in standing.phases
        ],
    )
    print()
    for phase in standing.phases:
        for finding in phase.missing if not phase.is_open else ():
            say(f"! {phase.phase.name.in_language(language)}: {finding.text.in_language(language)}")
    for item in standing.milestones:
        say(f"{item.milestone.on}  {item.milestone.name.in_language(language)}: {_told(item.state, language)}")
    print()
    for board in boards:
        say(f"{board.name.in_language(language)}: {board.done}/{board.total}")


def tell_comparison(comparison: Comparison, left: str, right: str, language: str) -> None:
    """Print two campaigns side by side, and what of them does not compare."""
    no = Text("does not compare").in_language(language)
    print_table(
        ("", left, right, ""),
        [
            (*(text.in_language(language) for text in (r.name, r.left, r.right)), "" if r.compares else no)
            for r in comparison.rows
        ],
        right=(1, 2),
    )
    print()
    for caution in comparison.cautions:
        say(f"! {caution.in_language(language)}")


def standing_json(key: str, standing: PlanStatus) -> dict[str, object]:
    """Return for machines how a plan stands."""

    def findings(found: tuple[Finding, ...]) -> list[dict[str, object]]:
        return [
            {"needs": f.condition.needs.value, "least": f.condition.least, "count": f.count, "holds": f.holds}
            for f in found
        ]

    return {
        "campaign": key,
        "day": str(standing.day),
        "phases": [
            {
                "id": p.phase.id,
                "name": both(p.phase.name),
                "first": str(p.phase.period.first),
                "last": str(p.phase.period.last),
                "state": p.state.value,
                "is_open": p.is_open,
                "days_late": p.days_late,
                "part": p.part.id if p.part else None,
                "conditions": findings(p.findings),
            }
            for p in standing.phases
        ],
        "milestones": [
            {
                "id": m.milestone.id,
                "name": both(m.milestone.name),
                "on": str(m.milestone.on),
                "state": m.state.value,
                "days_late": m.days_late,
                "conditions": findings(m.findings),
            }
            for m in standing.milestones
        ],
    }


def _told(state: str, language: str) -> str:
    return STATES[state].in_language(language)


def campaign_named(key: str) -> Campaign:
    """Return a campaign by its identifier.

    Raises:
        InputError: there is none.
    """
    campaign = campaign_of(key)
    if campaign is None:
        known = ", ".join(c.key for c in campaigns())
        hint = Text("known: {names}", names=known) if known else "quetsach center campaigns import FILE"
        raise InputError(Text("there is no campaign {name}", name=repr(key[:60])), hint=hint)
    return campaign
