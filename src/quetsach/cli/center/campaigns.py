"""``quetsach center campaigns``: plans of campaigns, how they stand, their archive, the next one."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.campaigns_baseline import register_freeze
from quetsach.cli.center.campaigns_found import campaign_named, person_named
from quetsach.cli.center.campaigns_told import STATES, both, standing_json, tell_comparison, tell_standing
from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, Subcommands, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import LocalText

if TYPE_CHECKING:
    from quetsach.web.office.plans.models import Campaign


def register(parser: Parser) -> None:
    """Add ``campaigns`` with its commands."""
    parser.show_examples(
        "quetsach center campaigns import viet-nam-2020\n"
        "quetsach center campaigns show viet-nam-2020\n"
        "quetsach center campaigns archive viet-nam-2020 --out archive"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands, "list", _list, "all campaigns, the newest first", "quetsach center campaigns list --json"
    )
    _one(commands, "show", _show, "how a campaign stands today", "quetsach center campaigns show viet-nam-2020")
    _register_import(commands)
    register_freeze(commands)
    _register_close(commands)
    archive = _one(
        commands,
        "archive",
        _archive,
        "write a campaign as a folder of pages that opens from a disk",
        "quetsach center campaigns archive viet-nam-2020 --out archive",
    )
    archive.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder for the pages")
    _register_clone(commands)
    compare = add_centre_command(
        commands,
        "compare",
        _compare,
        "two campaigns side by side, and what of them does not compare",
        "quetsach center campaigns compare viet-nam-2020 viet-nam-2027",
    )
    compare.add_argument("left", metavar="ID", help="one campaign")
    compare.add_argument("right", metavar="ID", help="the other")


def _register_import(commands: Subcommands) -> None:
    command = add_centre_command(
        commands,
        "import",
        _import,
        "begin a campaign from its campaign.toml, or change the plan of one that is there",
        "quetsach center campaigns import viet-nam-2020\n"
        'quetsach center campaigns import campaign.toml --reason "launch moved by a storm"',
    )
    command.add_argument("file", metavar="FILE", help="the file, or the name of a campaign of this build")
    command.add_argument("--reason", default="", metavar="TEXT", help="why a plan that is there changes")


def _register_close(commands: Subcommands) -> None:
    command = _one(
        commands,
        "close",
        _close,
        "say what is still open; with --by, ask that the campaign be closed",
        "quetsach center campaigns close viet-nam-2020\n"
        'quetsach center campaigns close viet-nam-2020 --by an@example.vn --reason "ended by order"',
    )
    command.add_argument("--by", metavar="EMAIL", help="who asks; another person agrees in the office")
    command.add_argument("--reason", default="", metavar="TEXT", help="why it is closed although points are open")


def _register_clone(commands: Subcommands) -> None:
    command = _one(
        commands,
        "clone",
        _clone,
        "begin the next campaign on the plan of another",
        "quetsach center campaigns clone viet-nam-2020 viet-nam-2027 --from 2027-03-01 "
        '--name-vi "Chiến dịch năm 2027" --name-en "Campaign 2027"',
    )
    command.add_argument("next", metavar="NEW-ID", help="identifier of the next campaign")
    command.add_argument("--from", dest="first", required=True, metavar="DATE", help="first day of the next campaign")
    command.add_argument("--name-vi", required=True, metavar="TEXT", help="its name in Vietnamese")
    command.add_argument("--name-en", required=True, metavar="TEXT", help="its name in English")


def _one(
    commands: Subcommands, name: str, run: Callable[[argparse.Namespace], int], summary: str, examples: str
) -> argparse.ArgumentParser:
    command = add_centre_command(commands, name, run, summary, examples)
    command.add_argument("campaign", metavar="ID", help="identifier of the campaign")
    return command


def _list(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.campaigns.selectors.boards import standing_of  # noqa: PLC0415
        from quetsach.web.office.people.access import today  # noqa: PLC0415
        from quetsach.web.office.plans.selectors import campaigns, is_closed  # noqa: PLC0415

        shown = []
        for campaign in campaigns():
            running = standing_of(campaign, day=today(now)).running
            state = "closed" if is_closed(campaign) else "running" if running else "none"
            shown.append((campaign.plan, running, state))
    language = chosen_language(arguments)
    if arguments.json:
        print_json([{"id": p.id, "name": both(p.name), "state": s} for p, _, s in shown])
        return ExitCode.NOTHING_FOUND
    header = ("mã", "tên", "từ ngày", "hiện nay") if language == "vi" else ("id", "name", "from", "today")
    rows = [
        (
            plan.id,
            plan.name.in_language(language),
            plan.phases[0].period.first,
            (running.phase.name if running and state == "running" else STATES[state]).in_language(language),
        )
        for plan, running, state in shown
    ]
    print_table(header, rows)
    return ExitCode.NOTHING_FOUND


def _show(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.campaigns.selectors.boards import boards_of, standing_of  # noqa: PLC0415
        from quetsach.web.office.people.access import today  # noqa: PLC0415

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


def _import(arguments: argparse.Namespace) -> int:
    document = _document(arguments.file, arguments.data or default_data())
    with opened_centre(arguments) as now:
        from quetsach.campaign import read_campaign  # noqa: PLC0415
        from quetsach.web.office.campaigns.services.plans import campaign_begin, plan_replace  # noqa: PLC0415
        from quetsach.web.office.plans.selectors import campaign_of  # noqa: PLC0415

        _require_tree()
        known = campaign_of(read_campaign(document, file=arguments.file).id)
        if known is None:
            known = campaign_begin(document=document, by=None, now=now)
        else:
            plan_replace(campaign=known, document=document, reason=arguments.reason, by=None, now=now)
        _say_made(arguments, known)
    return ExitCode.NOTHING_FOUND


def _close(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.campaigns.selectors.outcome import outcome_now  # noqa: PLC0415
        from quetsach.web.office.campaigns.services.steps import close_ask  # noqa: PLC0415
        from quetsach.web.office.people.access import today  # noqa: PLC0415

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
        vi, en = "Đã đề nghị; chờ người thứ hai đồng ý", "Asked; a second person must agree in the office"
        say(f"{vi if language == 'vi' else en}: {asked.sha256}")
    return ExitCode.NOTHING_FOUND


def _archive(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.campaigns.archive import archive_write  # noqa: PLC0415

        count = archive_write(campaign_named(arguments.campaign), arguments.out, now=now)
    if arguments.json:
        print_json({"campaign": arguments.campaign, "files": count, "out": str(arguments.out)})
    else:
        noun = "tệp" if chosen_language(arguments) == "vi" else "files"
        print(f"{count} {noun}: {arguments.out / 'index.html'}")
    return ExitCode.NOTHING_FOUND


def _clone(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.campaigns.services.plans import campaign_clone  # noqa: PLC0415

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


def _compare(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.campaign.schedule.comparison import compare  # noqa: PLC0415
        from quetsach.web.office.campaigns.selectors.outcome import outcome_of  # noqa: PLC0415

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
    from quetsach.web.office.tree.models import Unit  # noqa: PLC0415

    if not Unit.objects.filter(kind="centre").exists():
        raise InputError("the centre has no tree of units yet", hint="quetsach center units load")


def _document(named: str, data: Path) -> bytes:
    from quetsach.campaign.section import MAX_BYTES  # noqa: PLC0415
    from quetsach.centre.tables import country_table  # noqa: PLC0415

    of_build = country_table("campaigns", data) / named / "campaign.toml"
    path = of_build if named.replace("-", "").isalnum() and of_build.is_file() else Path(named)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=named) from error


def _say_made(arguments: argparse.Namespace, campaign: "Campaign") -> None:
    if arguments.json:
        revision = campaign.revision
        print_json({"campaign": campaign.key, "revision": revision.number, "sha256": revision.sha256})
    else:
        print(f"{campaign.key}: {campaign.plan.name.in_language(chosen_language(arguments))}", file=sys.stdout)
