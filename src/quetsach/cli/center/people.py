"""``quetsach center people``: the first operator of an office, who works there, and sending somebody away."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from quetsach.campaign.authority import Role
from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import InputError

if TYPE_CHECKING:
    from quetsach.web.office.people.models import Person
    from quetsach.web.office.tree.models import Unit

_ADDRESS = "http://127.0.0.1:8000"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "link": "Chuyển liên kết này cho {email}. Liên kết dùng được một lần trong bảy ngày:",
        "where": "Nếu trung tâm chạy ở địa chỉ khác {address}, hãy thay phần đầu, hoặc đặt "
        "bằng quetsach center settings set public-url.",
        "header": "địa chỉ thư|họ tên|vai trò|đơn vị|từ ngày|đã xác nhận",
        "True": "có",
        "False": "chưa",
        "nobody": "Chưa có ai. Mời người đầu tiên: `quetsach center people invite ĐỊA-CHỈ-THƯ --role operator`",
        "left": "{email} đã thôi làm việc: vai trò, phiên làm việc và liên kết đã kết thúc.",
        "vouched": "Đã xác nhận {email}: người này được tính là một người riêng khi phê duyệt.",
        "no-person": "không có ai dùng địa chỉ này",
        "no-unit": "không có đơn vị này",
        "no-units": "chưa có cây đơn vị",
        "no-units-hint": "chạy quetsach center units load để nạp cây có sẵn, hoặc nhập cây riêng bằng units import",
    },
    "en": {
        "link": "Give this link to {email}. It works once, within seven days:",
        "where": "Where the centre is reached otherwise than at {address}, change the beginning, or set it: "
        "quetsach center settings set public-url.",
        "header": "address|name|role|unit|since|vouched for",
        "True": "yes",
        "False": "not yet",
        "nobody": "Nobody yet. Invite the first one: `quetsach center people invite ADDRESS --role operator`",
        "left": "{email} has left: duties, sessions and links are ended.",
        "vouched": "{email} is vouched for, and counts as a person of his own in approvals.",
        "no-person": "nobody has this address",
        "no-unit": "there is no such unit",
        "no-units": "there is no tree of units yet",
        "no-units-hint": "quetsach center units load takes the tree of this build, units import one of your own",
    },
}


def register(parser: Parser) -> None:
    """Add ``people`` with ``invite``, ``renew``, ``list``, ``remove`` and ``vouch``."""
    parser.show_examples(
        "quetsach center people invite van.hanh@centre.example --role operator\nquetsach center people list"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    invite = add_centre_command(
        commands,
        "invite",
        _invite,
        "print a link with which somebody joins; the first operator comes in this way",
        "quetsach center people invite van.hanh@centre.example --role operator\n"
        "quetsach center people invite lan@haiphong.example --role approver --unit 31-2025",
        has_json=False,
    )
    invite.add_argument("email", metavar="ADDRESS", help="e-mail address, which becomes the login")
    roles = [role.value for role in Role]
    invite.add_argument("--role", choices=roles, required=True, metavar="ROLE", help=f"what for: {', '.join(roles)}")
    invite.add_argument("--unit", metavar="KEY", help="over which unit and all below it (default: the whole country)")
    renew = add_centre_command(
        commands,
        "renew",
        _renew,
        "print a link to set password and second factor anew",
        "quetsach center people renew van.hanh@centre.example",
        has_json=False,
    )
    renew.add_argument("email", metavar="ADDRESS", help="whose")
    add_centre_command(commands, "list", _list, "duties that are held today", "quetsach center people list --json")
    remove = add_centre_command(
        commands,
        "remove",
        _remove,
        "end somebody's duties, sessions and links in one step",
        "quetsach center people remove lan@haiphong.example",
        has_json=False,
    )
    remove.add_argument("email", metavar="ADDRESS", help="who leaves")
    vouch = add_centre_command(
        commands,
        "vouch",
        _vouch,
        "say that an account belongs to a person of its own, so that it counts in approvals",
        "quetsach center people vouch lan@haiphong.example",
        has_json=False,
    )
    vouch.add_argument("email", metavar="ADDRESS", help="whose account")


def _invite(arguments: argparse.Namespace) -> int:
    words = _WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from django.core.exceptions import ValidationError  # noqa: PLC0415
        from django.core.validators import validate_email  # noqa: PLC0415

        from quetsach.web.office.people.services.invitation import invitation_issue  # noqa: PLC0415

        try:
            validate_email(arguments.email)
        except ValidationError as error:
            raise InputError(str(error.message), where=arguments.email[:100]) from error
        unit = _unit(arguments.unit, words)
        _, token = invitation_issue(email=arguments.email, role=Role(arguments.role), unit=unit, by=None, now=now)
        _show_link(arguments.email, token, words)
    return ExitCode.NOTHING_FOUND


def _renew(arguments: argparse.Namespace) -> int:
    words = _WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.people.services.invitation import invitation_renew  # noqa: PLC0415

        _, token = invitation_renew(person=_person(arguments.email, words), by=None, now=now)
        _show_link(arguments.email, token, words)
    return ExitCode.NOTHING_FOUND


def _list(arguments: argparse.Namespace) -> int:
    words = _WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.people.access import today  # noqa: PLC0415
        from quetsach.web.office.people.models import ROLE_TITLES, Duty  # noqa: PLC0415

        held = Duty.objects.on(today(now)).select_related("person", "unit").order_by("person__email", "role")
        rows = [
            {
                "email": duty.person.email,
                "name": duty.person.name,
                "role": duty.role,
                "unit": duty.unit.key,
                "since": duty.first.isoformat(),
                "vouched": duty.person.is_vouched,
            }
            for duty in held
        ]
        told = [
            (
                *list(row.values())[:2],
                ROLE_TITLES[Role(str(row["role"]))],
                row["unit"],
                row["since"],
                words[str(row["vouched"])],
            )
            for row in rows
        ]
    if arguments.json:
        print_json(rows)
    elif rows:
        print_table(words["header"].split("|"), map(list, told))
    else:
        say(words["nobody"])
    return ExitCode.NOTHING_FOUND


def _remove(arguments: argparse.Namespace) -> int:
    words = _WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.people.services.account import person_leave  # noqa: PLC0415

        person_leave(person=_person(arguments.email, words), by=None, now=now)
    say(words["left"].format(email=arguments.email))
    return ExitCode.NOTHING_FOUND


def _vouch(arguments: argparse.Namespace) -> int:
    words = _WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.people.services.account import person_vouch  # noqa: PLC0415

        person_vouch(person=_person(arguments.email, words), by=None, now=now)
    say(words["vouched"].format(email=arguments.email))
    return ExitCode.NOTHING_FOUND


def _show_link(email: str, token: str, words: Mapping[str, str]) -> None:
    from django.conf import settings  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    address = settings.CENTER.public_url or _ADDRESS
    say(words["link"].format(email=email))
    print(address + reverse("office:people:accept", args=[token]))
    if not settings.CENTER.public_url:
        say(words["where"].format(address=_ADDRESS))


def _unit(key: str | None, words: Mapping[str, str]) -> "Unit":
    from quetsach.web.office.tree.models import Unit  # noqa: PLC0415
    from quetsach.web.office.tree.selectors import root_unit  # noqa: PLC0415

    try:
        return Unit.objects.get(key=key) if key else root_unit()
    except Unit.DoesNotExist as error:
        if key and Unit.objects.exists():
            raise InputError(words["no-unit"], where=key[:100]) from error
        raise InputError(words["no-units"], hint=words["no-units-hint"]) from error


def _person(email: str, words: Mapping[str, str]) -> "Person":
    from quetsach.web.office.people.models import Person  # noqa: PLC0415

    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise InputError(words["no-person"], where=email[:100])
    return person
