"""``quetsach center letters``: how far letters have come, sending, and the work behind them."""

import argparse
import signal
import threading
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from quetsach.cli.center.letters_send import letter_numbered
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.selectors.distribution import distribution_of
from quetsach.web.office.letters.services.remind import reminders_due, reminders_queue
from quetsach.web.office.letters.signing_credentials import demonstration_credentials_make
from quetsach.web.office.letters.templatetags.letter_words import mail_state_name, span, standing_name, state_name
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.mail.services.queue import bounces_read
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.worker import work

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "header": "mã|số, ký hiệu|ngày|trích yếu|trạng thái|nơi nhận|chưa trả lời",
        "funnel": "tình trạng|nơi nhận",
        "levels": "cấp|nơi nhận|đã xác nhận|một nửa trong|lâu nhất|đơn vị lâu nhất",
        "reminders": "{number}: {reminders} thư nhắc, {digests} danh sách cho cấp trên",
        "queued": "Đã xếp hàng: {count}.",
        "bounces": "Số thông báo về thư của trung tâm: {count}.",
        "queue": "Hàng thư: {states}.",
        "nothing": "Không có gì.",
        "keys": "Khóa ký thử nghiệm nằm tại {folder}. Không dùng cho công văn thật.",
        "keys-there": "Đơn vị này đã có khóa; không thay đổi.",
        "no-bounces": "chưa đặt thư mục nhận thư báo lỗi",
        "no-bounces-hint": "ghi Maildir của địa chỉ gửi thư",
        "signed": "Chữ ký số: {names}.",
        "unsigned": "Công văn được ban hành không có chữ ký số.",
        "no-unit": "không có đơn vị nào mang mã này",
    },
    "en": {
        "header": "id|number|day|subject|state|sent to|without answer",
        "funnel": "state|units",
        "levels": "level|sent to|acknowledged|half within|slowest|slowest unit",
        "reminders": "{number}: {reminders} reminders, {digests} lists for units above",
        "queued": "Queued: {count}.",
        "bounces": "Notices about our messages: {count}.",
        "queue": "Mail: {states}.",
        "nothing": "Nothing.",
        "keys": "Signing keys for show are in {folder}. Never use them for a real letter.",
        "keys-there": "This unit has keys; nothing was changed.",
        "no-bounces": "no folder of bounces is set",
        "no-bounces-hint": "name the Maildir of the sender's address",
        "signed": "Signed by: {names}.",
        "unsigned": "It was issued without a digital signature.",
        "no-unit": "no unit has this key",
    },
}


def print_list(arguments: argparse.Namespace) -> int:
    """List all letters."""
    letters = Letter.objects.select_related("unit").order_by("-pk")[:500]
    rows = []
    for letter in letters:
        funnel = distribution_of(letter).funnel
        state = letter.state if arguments.json else state_name(letter.state)
        number, day = letter.number_sign or "–", letter.issued_on or "–"
        rows.append((letter.pk, number, day, letter.subject[:60], state, funnel.total, funnel.waiting))
    if arguments.json:
        names = ("id", "number", "day", "subject", "state", "sent_to", "without_answer")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(_words(arguments)["header"].split("|"), rows, right=(0, 5, 6))
    return ExitCode.NOTHING_FOUND


def print_one(arguments: argparse.Namespace) -> int:
    """Show one letter."""
    words = _words(arguments)
    letter = letter_numbered(arguments)
    cascade = distribution_of(letter)
    counts = cascade.funnel
    reached = {stage.name.lower(): number for stage, number in counts.reached.items()}
    funnel = reached | {"bounced": counts.bounced, "refused": counts.refused}
    levels = [(p, cascade.names.get(p.slowest_unit, "")) for p in cascade.levels]
    named = [(standing_name(stage), number) for stage, number in funnel.items()]
    paces = [(p.level, p.total, p.acknowledged, span(p.half), span(p.slowest), unit) for p, unit in levels]
    if not arguments.json:
        say(f"{letter.number_sign or letter.pk}: {letter.subject}")
        if letter.signatures is not None:
            signed_by = "; ".join(f"{one['holder']} ({one['authority']})" for one in letter.signatures)
            say(words["signed" if signed_by else "unsigned"].format(names=signed_by))
        print_table(words["funnel"].split("|"), named, right=(1,))
        print_table(words["levels"].split("|"), paces, right=(0, 1, 2, 3, 4))
        return ExitCode.NOTHING_FOUND
    told: dict[str, Any] = {
        "id": letter.pk,
        "number": letter.number_sign,
        "subject": letter.subject,
        "state": letter.state,
        "signatures": letter.signatures,
        "sent_to": counts.total,
        "reached": reached,
        "bounced": counts.bounced,
        "refused": counts.refused,
        "without_answer": counts.waiting,
    }
    names = ("level", "sent_to", "acknowledged", "half_within", "slowest", "slowest_unit")
    rows = [(p.level, p.total, p.acknowledged, p.half or "–", p.slowest or "–", unit) for p, unit in levels]
    print_json({**told, "levels": [dict(zip(names, row, strict=True)) for row in rows]})
    return ExitCode.NOTHING_FOUND


def work_queue(arguments: argparse.Namespace) -> int:
    """Print copies, hand mail over, remind and read bounces, until stopped."""
    stop = threading.Event()
    before = [(number, signal.signal(number, lambda *_: stop.set())) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        work(stop=stop, is_once=arguments.once)
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    states = {state.value: Message.objects.filter(state=state).count() for state in MessageState}
    told = ", ".join(f"{mail_state_name(state)} {count}" for state, count in states.items())
    if arguments.json:
        print_json(states)
    else:
        say(_words(arguments)["queue"].format(states=told))
    return ExitCode.NOTHING_FOUND


def reminders(arguments: argparse.Namespace) -> int:
    """List what is to go out today, or put it into the queue."""
    words = _words(arguments)
    now = arguments.now
    due = [
        {
            "number": found.letter.number_sign,
            "reminders": len(found.plan.reminders),
            "digests": len(found.plan.digests),
        }
        for found in reminders_due(now=now)
    ]
    queued = reminders_queue(now=now) if arguments.queue else 0
    if arguments.json:
        print_json({"due": due, "queued": queued})
        return ExitCode.NOTHING_FOUND
    for line in due:
        say(words["reminders"].format(**line))
    if not due:
        say(words["nothing"])
    if arguments.queue:
        say(words["queued"].format(count=queued))
    return ExitCode.NOTHING_FOUND


def bounces(arguments: argparse.Namespace) -> int:
    """Read what came back by mail."""
    words = _words(arguments)
    now = arguments.now
    if settings.CENTER.bounces is None:
        raise InputError(words["no-bounces"], where="QUETSACH_BOUNCES", hint=words["no-bounces-hint"])
    count = bounces_read(now=now)
    if arguments.json:
        print_json({"believed": count})
    else:
        say(words["bounces"].format(count=count))
    return ExitCode.NOTHING_FOUND


def keys(arguments: argparse.Namespace) -> int:
    """Make signing keys for show."""
    words = _words(arguments)
    now = arguments.now
    unit = Unit.objects.filter(key=arguments.unit).first()
    if unit is None:
        raise InputError(words["no-unit"], where=arguments.unit[:40], hint="quetsach center units show KEY")
    folder = demonstration_credentials_make(unit=unit, person=arguments.person, agency=arguments.agency, now=now)
    if arguments.json:
        print_json({"folder": str(folder) if folder else None})
    else:
        say(words["keys" if folder else "keys-there"].format(folder=folder))
    return ExitCode.NOTHING_FOUND


def _words(arguments: argparse.Namespace) -> Mapping[str, str]:
    return _WORDS[chosen_language(arguments)]
