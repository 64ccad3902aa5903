"""A letter to every province and commune of today: each with its own QR code, printed, signed, queued, and killed.

A centre is laid out in a new folder with 34 provinces and 3,321 communes, each with an address, and a letter is issued
to all of them. The worker that prints and queues is killed (SIGKILL) in the middle and started again, and the wall time
of both runs is added up; what counts is that all are queued within five minutes on two processors. Then the queue is
handed to a mail server on the loopback, the worker killed again in the middle, and the server's own count tells whether
a message came twice or not at all.

Usage: python bench/cascade.py [COMMUNES]              all of it, perhaps with fewer communes
       python bench/cascade.py prepare DIR UNITS       lay out a centre with a letter to so many communes
       python bench/cascade.py work DIR [POINT NUMBER] work until nothing is left; die at the NUMBER-th time at POINT
       python bench/cascade.py state DIR               tell how far it is, as JSON

Points: copies-printed, copies-written, copies-noted, mail-begun, handing-noted, mail-taken.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Event as Stop
from typing import Any

PROVINCES, COMMUNES = 34, 3321
MOST_SECONDS = 300
OPENED = date(2025, 7, 1)


def environment(data: Path, port: int = 0) -> dict[str, str]:
    """The settings of the centre; without a port it has no mail server yet."""
    found = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quetsach.web.settings",
        "QUETSACH_DATA": str(data),
        "QUETSACH_PUBLIC_URL": "https://centre.example",
        "QUETSACH_MAIL_PER_MINUTE": "60000",
    }
    if port:
        found |= {"QUETSACH_SMTP_URL": f"smtp://127.0.0.1:{port}", "QUETSACH_MAIL_FROM": "office@centre.example"}
    return found


def prepare(communes: int) -> None:
    """Lay out the centre and issue the letter to all units."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from quetsach.campaign.authority import Role
    from quetsach.web.office.letters.signing_credentials import demonstration_credentials_make
    from quetsach.web.office.people.models import Duty, Person
    from quetsach.web.office.tree.models import Contact, Edge, Unit
    from quetsach.web.office.units.services.unit import positions_rebuild

    tops = [Unit(key="tw", code="tw", kind="centre", name_vi="Trung tâm", opened=OPENED)]
    provinces = [_unit(f"{n:02d}", "province", f"Ủy ban nhân dân tỉnh {n}") for n in range(min(PROVINCES, communes))]
    lowest = [_unit(f"{n:05d}", "commune", f"Ủy ban nhân dân xã {n}") for n in range(communes)]
    Unit.objects.bulk_create([*tops, *provinces, *lowest])
    Edge.objects.bulk_create([Edge(unit=unit, parent=tops[0], first=OPENED) for unit in provinces])
    Edge.objects.bulk_create(
        [Edge(unit=unit, parent=provinces[n % len(provinces)], first=OPENED) for n, unit in enumerate(lowest)]
    )
    Contact.objects.bulk_create([Contact(unit=u, email=f"u{u.code}@xa.example") for u in (*provinces, *lowest)])
    positions_rebuild()
    people = [Person.objects.create(email=f"{n}@centre.example", name=n) for n in ("writer", "approver")]
    Duty.objects.bulk_create([Duty(person=p, role=Role.OPERATOR, unit=tops[0], first=OPENED) for p in people])
    now = datetime.now(UTC)
    demonstration_credentials_make(unit=tops[0], person="Nguyễn Văn A", agency="Trung tâm", now=now)
    _issue(tops[0], [*provinces, *lowest], *people, now=now)


def _unit(code: str, kind: str, name: str) -> Any:
    from quetsach.web.office.tree.models import Unit

    return Unit(key=f"{code}-2025", code=code, kind=kind, name_vi=name, opened=OPENED)


def _issue(unit: Any, units: list[Any], writer: Any, approver: Any, *, now: datetime) -> None:
    from quetsach.web.office.approvals.models import Approval
    from quetsach.web.office.approvals.services import approval_decide
    from quetsach.web.office.letters.services.draft import letter_begin, letter_save, letter_submit
    from quetsach.web.office.letters.services.issue import letter_issue
    from quetsach.web.office.letters.services.send import letter_send

    content = {
        "superior": "Bộ Thông tin và Truyền thông",
        "agency": "Cục An toàn thông tin",
        "place": "Hà Nội",
        "sign": "CATTT-NCSC",
        "subject": "rà soát và bóc gỡ mã độc trên toàn quốc",
        "addressees": "Ủy ban nhân dân các tỉnh, thành phố\nỦy ban nhân dân các xã, phường, đặc khu",
        "body": "\n".join(
            f"{n}. Đề nghị quý đơn vị tổ chức triển khai, rà quét, xử lý mã độc." * 3 for n in range(1, 9)
        ),
        "copies": "Như trên\nBộ trưởng (để báo cáo)",
        "drafting": "NCSC (05)",
        "signer_powers": "KT. CỤC TRƯỞNG",
        "signer_title": "Phó Cục trưởng",
        "signer_name": "Nguyễn Văn A",
    }
    letter = letter_begin(unit=unit, template=None, campaign="", by=writer, now=now)
    letter = letter_submit(letter=letter_save(letter=letter, content=content, by=writer, now=now), by=writer, now=now)
    approval_decide(
        approval=Approval.objects.get(subject=letter.log_subject), is_granted=True, reason="", by=approver, now=now
    )
    letter_issue(letter=letter, by=writer, now=now)
    letter_send(letter=letter, units=units, by=writer, now=now)


def work(point: str = "", number: int = 0) -> None:
    """Work until nothing is left for now; die by SIGKILL at the ``number``-th time at a point."""
    import django

    django.setup()
    from quetsach.web.office.blob_store import BlobStore
    from quetsach.web.office.letters.services import send
    from quetsach.web.office.mail import queue
    from quetsach.web.office.mail.message import SmtpSession
    from quetsach.web.office.worker import work as work_letters

    left = [number]

    def dying(name: str, function: Callable[..., Any], *, first: bool = False) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            result = None if first else function(*arguments, **named)
            left[0] -= name == point
            if name == point and left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named) if first else result

        return call

    put = dying("copies-printed", BlobStore.put, first=True)
    BlobStore.put = dying("copies-written", put)  # type: ignore[method-assign]
    send._keep = dying("copies-noted", send._keep)  # noqa: SLF001
    queue._note_handing = dying("mail-begun", queue._note_handing, first=True)  # noqa: SLF001
    queue._note_handing = dying("handing-noted", queue._note_handing)  # noqa: SLF001
    SmtpSession.finish = dying("mail-taken", SmtpSession.finish)  # type: ignore[method-assign]
    work_letters(stop=Stop(), is_once=True)
    used = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"cpu": sum(u.ru_utime + u.ru_stime for u in used)}))


def state() -> dict[str, Any]:
    """Tell what is in the queue and what copies there are."""
    import django

    django.setup()
    from quetsach.web.office.letters.models import Dispatch
    from quetsach.web.office.mail.models import Message

    return {
        "dispatches": Dispatch.objects.count(),
        "copies": Dispatch.objects.exclude(copy_sha256="").count(),
        "messages": Message.objects.count(),
        "states": dict(Counter(Message.objects.values_list("state", flat=True))),
        "uncertain": list(Message.objects.filter(state="uncertain").values_list("recipient", flat=True)),
        "sent_events": Dispatch.objects.filter(events__kind="sent").count(),
    }


def run(data: Path, *arguments: str, port: int = 0) -> tuple[int, str, float]:
    """Run a step in a process of its own; return its code, what it said and its wall time.

    What a step complains of is passed on, unless it was killed: then Python complains of what the dead left behind.
    """
    began = time.monotonic()
    command = [sys.executable, __file__, *arguments]
    with TemporaryFile("w+") as complaints:  # a pipe would be held open by what outlives the killed process
        done = subprocess.run(
            command, env=environment(data, port), stdout=subprocess.PIPE, stderr=complaints, text=True, check=False
        )
        seconds = time.monotonic() - began
        if done.returncode != -signal.SIGKILL:
            complaints.seek(0)
            sys.stderr.write(complaints.read())
    return done.returncode, done.stdout, seconds


@contextmanager
def counting_server() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """A mail server that keeps recipient and Message-ID of what it took."""
    from aiosmtpd.controller import Controller

    taken: list[tuple[str, str]] = []

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            head = envelope.content.partition(b"\r\n\r\n")[0].decode()
            identifier = next(line for line in head.splitlines() if line.startswith("Message-ID:"))
            taken.append((envelope.rcpt_tos[0], identifier))
            return "250 OK"

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, taken
    finally:
        controller.stop()


def main(communes: int) -> None:
    """Measure, and tell whether the promises hold."""
    with TemporaryDirectory() as folder, counting_server() as (port, taken):
        data = Path(folder)
        code, _, seconds = run(data, "prepare", folder, str(communes), port=port)
        assert code == 0
        print(f"laid out, issued and sent to {PROVINCES + communes:,} units in {seconds:.0f} s")
        _, _, first = run(data, "work", folder, "copies-noted", str(communes // 100))
        half = json.loads(run(data, "state", folder)[1])
        code, said, second = run(data, "work", folder)
        whole = json.loads(run(data, "state", folder)[1])
        a_copy = json.loads(said)["cpu"] / (whole["copies"] - half["copies"])
        print(f"printed, signed, queued: {half['copies']:,} before the kill, {whole['messages']:,} messages at last")
        print(
            f"wall time {first + second:.0f} s of {MOST_SECONDS} s allowed; {1000 * a_copy:.0f} ms CPU a copy, "
            f"that is {a_copy * whole['copies'] / 2:.0f} s on two free processors"
        )
        _, _, third = run(data, "work", folder, "mail-taken", str(communes // 2), port=port)
        _, _, fourth = run(data, "work", folder, port=port)
        end = json.loads(run(data, "state", folder)[1])
        twice = sum(count > 1 for count in Counter(address for address, _ in taken).values())
        lost = end["dispatches"] - len({address for address, _ in taken} | set(end["uncertain"]))
        print(
            f"handed over {len(taken):,} in {third + fourth:.0f} s with a kill; twice {twice}, lost {lost}, "
            f"for a person to settle {len(end['uncertain'])}"
        )
        holds = whole["messages"] == whole["dispatches"] and first + second <= MOST_SECONDS and not twice and not lost
        sys.exit(0 if holds else 1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main(COMMUNES)
        case [communes] if communes.isdigit():
            main(int(communes))
        case ["prepare", _, communes]:
            prepare(int(communes))
        case ["work", _, point, number]:
            work(point, int(number))
        case ["work", _]:
            work()
        case ["state", _]:
            print(json.dumps(state()))
        case _:
            sys.exit(__doc__)
