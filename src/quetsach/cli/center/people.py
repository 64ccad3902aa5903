"""``quetsach center people``: the first operator of an office, who works there, and sending somebody away."""

import argparse
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from quetsach.campaign.authority import Role
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import ROLE_TITLES, Duty, Person
from quetsach.web.office.people.services.account import person_leave, person_vouch
from quetsach.web.office.people.services.invitation import invitation_issue, invitation_renew
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit

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


def invite(arguments: argparse.Namespace) -> int:
    """Print a link with which somebody joins."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    try:
        validate_email(arguments.email)
    except ValidationError as error:
        raise InputError(str(error.message), where=arguments.email[:100]) from error
    unit = _unit(arguments.unit, words)
    _, token = invitation_issue(email=arguments.email, role=Role(arguments.role), unit=unit, by=None, now=now)
    _show_link(arguments.email, token, words)
    return ExitCode.NOTHING_FOUND


def renew(arguments: argparse.Namespace) -> int:
    """Print a link to set password and second factor anew."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    _, token = invitation_renew(person=_person(arguments.email, words), by=None, now=now)
    _show_link(arguments.email, token, words)
    return ExitCode.NOTHING_FOUND


def print_list(arguments: argparse.Namespace) -> int:
    """List duties that are held today."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
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


def remove(arguments: argparse.Namespace) -> int:
    """End somebody's duties, sessions and links."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    person_leave(person=_person(arguments.email, words), by=None, now=now)
    say(words["left"].format(email=arguments.email))
    return ExitCode.NOTHING_FOUND


def vouch(arguments: argparse.Namespace) -> int:
    """Say that an account belongs to a person of its own."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    person_vouch(person=_person(arguments.email, words), by=None, now=now)
    say(words["vouched"].format(email=arguments.email))
    return ExitCode.NOTHING_FOUND


def _show_link(email: str, token: str, words: Mapping[str, str]) -> None:
    address = settings.CENTER.public_url or _ADDRESS
    say(words["link"].format(email=email))
    print(address + reverse("office:people:accept", args=[token]))
    if not settings.CENTER.public_url:
        say(words["where"].format(address=_ADDRESS))


def _unit(key: str | None, words: Mapping[str, str]) -> Unit:
    try:
        return Unit.objects.get(key=key) if key else root_unit()
    except Unit.DoesNotExist as error:
        if key and Unit.objects.exists():
            raise InputError(words["no-unit"], where=key[:100]) from error
        raise InputError(words["no-units"], hint=words["no-units-hint"]) from error


def _person(email: str, words: Mapping[str, str]) -> Person:
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise InputError(words["no-person"], where=email[:100])
    return person
