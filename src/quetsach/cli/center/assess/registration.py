"""``quetsach center assess register``: signs, before the start, how a campaign will be judged."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.assess import rollout
from quetsach.cli.center.assess.records import campaign_folder, read_file, write_once
from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, say
from quetsach.cli.signing_keys import add_pass_file, phrase_source
from quetsach.core.errors import InputError

if TYPE_CHECKING:
    from quetsach.assess.effect.registration import Registration
    from quetsach.assess.effect.roll_out import RollOut
    from quetsach.cli.commands import Subcommands

FILE = "registration.json"
_SAID = {
    "vi": "Đã ký bản đăng ký phân tích: {path}\n"
    "SHA-256 {digest}\n"
    "Khóa công khai {key}\n"
    "Hãy công bố cả hai trước ngày {start:%d/%m/%Y}.",
    "en": "Signed the registered analysis: {path}\nSHA-256 {digest}\nPublic key {key}\nPublish both before {start}.",
}
_FEW = {
    "vi": "Lưu ý: chỉ có {controls} đơn vị đối chứng; cần ít nhất {needed} mới có thể kết luận là đạt chỉ tiêu.",
    "en": "Note: with {controls} controls the verdict can never be that the target is achieved; {needed} are needed.",
}


def register(questions: "Subcommands") -> None:
    """Add ``register``."""
    parser = add_command(
        questions,
        "register",
        summary="sign, before the start, with what and how a campaign will be judged",
        examples="quetsach center assess register viet-nam-2027 --plan plan.toml",
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="identifier of the campaign")
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="TOML: windows, panel, method, target")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    add_pass_file(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.assess.effect import Method  # noqa: PLC0415
    from quetsach.assess.effect.cits import CONTROLS_TO_CLAIM  # noqa: PLC0415
    from quetsach.assess.effect.registration import seal  # noqa: PLC0415
    from quetsach.cli.center.assess.registration_key import registration_key  # noqa: PLC0415

    folder = campaign_folder(arguments)
    registration = _planned(arguments, folder)
    key = registration_key(folder.parent / "keys", phrase_source(arguments))
    public = key.public_key().public_bytes_raw()
    path = folder / FILE
    content = seal(registration, public_key=public, sign=key.sign)
    write_once(path, content, "the analysis of this campaign is registered already")
    if arguments.json:
        made = {"sha256": registration.digest, "public_key": public.hex(), "file": str(path)}
        print_json({**registration.content(), **made})
    else:
        said = _SAID[chosen_language(arguments)]
        say(said.format(path=path, digest=registration.digest, key=public.hex(), start=registration.start))
        if registration.design.method is Method.CITS and len(registration.controls) < CONTROLS_TO_CLAIM:
            few = _FEW[chosen_language(arguments)]
            say(few.format(controls=len(registration.controls), needed=CONTROLS_TO_CLAIM))
    return ExitCode.NOTHING_FOUND


def _planned(arguments: argparse.Namespace, folder: Path) -> "Registration":
    """Return the plan with what the centre knows: its address tables and the order that was drawn."""
    from quetsach.assess.effect import DUMMIES, SEED, Design, Method, Scale  # noqa: PLC0415
    from quetsach.assess.effect.registration import PanelPlan, Registration  # noqa: PLC0415
    from quetsach.campaign.section import Section  # noqa: PLC0415
    from quetsach.centre.tables import load_network_tables  # noqa: PLC0415

    plan = Section.parse(read_file(arguments.plan), file=arguments.plan.name)
    method = plan.one_of("method", Method)
    design = Design(
        method,
        plan.one_of("scale", Scale) if plan.has("scale") else Scale.COUNT,  # machines are counted
        plan.integer("ramp", least=1, most=10_000) if plan.has("ramp") else None,
        plan.integer("exposure", least=0, most=100) if plan.has("exposure") else DUMMIES,
        plan.integer("seed", least=0, most=2**63 - 1) if plan.has("seed") else SEED,
    )
    families = plan.section("families")
    weights = tuple(sorted((name, families.number(name, least=0, most=1)) for name in families.values))
    order = _order(folder)
    if order:
        refuse_early(order, plan.day("start"), where=arguments.plan.name)
    registration = Registration(
        campaign=folder.name,
        start=plan.day("start"),
        before=plan.section("before").period(),
        after=plan.section("after").period(),
        design=design,
        target=plan.number("target_percent", least=0, most=100) / 100,
        controls=tuple(sorted(plan.texts("controls"))) if plan.has("controls") else (),
        feeds=tuple(sorted(plan.texts("feeds"))),
        families=weights,
        network=load_network_tables(arguments.data or default_data()).version,
        order=order.steps if order else (),
        roll_out=order.digest if order else "",
        registered_at=datetime.now(UTC),
        panel=PanelPlan(plan.identifier("target")),
    )
    plan.finish()
    return registration


def refuse_early(order: "RollOut", start: date, *, where: str) -> None:
    """Refuse an order of roll-out that begins before the campaign does.

    Raises:
        InputError: the effect of its first step would be known before the analysis has to be registered.
    """
    if order.first < start:
        raise InputError(
            f"the order of roll-out begins on {order.first}, before the start {start}",
            where=where,
            hint="the start of the plan is the first day of the first step, or earlier",
        )


def _order(folder: Path) -> "RollOut | None":
    from quetsach.assess.effect.roll_out import read_roll_out  # noqa: PLC0415

    path = folder / rollout.FILE
    return read_roll_out(read_file(path), where=str(path)) if path.exists() else None
