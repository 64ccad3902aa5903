"""What a question about a stolen account takes, known or not, and what taking in a list costs.

Questions about known and unknown addresses are asked in turn, so that whatever else the machine does falls on both. A
list of as many addresses as one file may have is read and sealed. Nothing is sent.

Usage: python bench/accounts.py [QUESTIONS]
"""

import dataclasses
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from quetsach.web.configuration import MailServer, configure_web

LISTED = 100_000
NOW = datetime.now(UTC)


def address(number: int) -> str:
    """Return one of many addresses."""
    return f"owner{number:06}@example.vn"


def list_of(count: int) -> bytes:
    """Return a list as it is handed over."""
    rows = (f"{address(number)},site{number % 500}.example,2026-10-02,Lumma" for number in range(count))
    return "\n".join(["address,site,day,malware", *rows]).encode()


def prepare(data: Path) -> None:
    """Make a database with an office of two people, and switch the page on."""
    from django.conf import settings
    from django.core.management import call_command

    from quetsach.web.limits import RateLimit
    from quetsach.web.office.accounts import public_views

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    (data / "accounts.key").write_text("k" * 64)
    settings.CENTER = dataclasses.replace(
        settings.CENTER, data=data, account_check=True, mail_server=MailServer("localhost", 25, "none")
    )
    settings.ALLOWED_HOSTS = ["*"]
    free = RateLimit(burst=10_000_000, per_minute=10_000_000)
    vars(public_views).update(ASK_LIMIT=free, SITE_LIMIT=free)


def take_in(count: int) -> tuple[float, float]:
    """Keep a list that is in force; return the CPU time of reading and sealing, and of writing it."""
    from django.contrib.auth.hashers import make_password

    from quetsach.campaign.accounts import read_victims
    from quetsach.web.office.accounts.models import Batch, Entry
    from quetsach.web.office.accounts.sealing import AccountKey
    from quetsach.web.office.people.models import Person

    person = Person.objects.create(email="an@example.vn", name="An", password=make_password(None))
    started = time.process_time()
    found, key, salt = read_victims(list_of(count), today=NOW.date()), AccountKey.read(), b"s" * 16
    batch = Batch(
        source="A05",
        ground="x",
        handed_over_on=date(2026, 11, 30),
        text_vi="x",
        digest="d",
        salt=salt,
        rows=count,
        addresses=count,
        telephones=0,
        faulty=0,
        by=person,
        at=NOW,
        agreed_by=person,
        agreed_at=NOW,
        expires_on=NOW.date() + timedelta(days=180),
    )
    entries = [
        Entry(batch=batch, look_up=key.look_up(one), facts=key.seal(facts, address=one, salt=salt))
        for one, facts in found.facts.items()
    ]
    sealed = time.process_time()
    batch.save()
    Entry.objects.bulk_create(entries, batch_size=2000)
    return sealed - started, time.process_time() - sealed


def ask(questions: int) -> tuple[list[float], list[float]]:
    """Ask about known and unknown addresses in turn; return the seconds of each."""
    from django.test import Client

    client, known, unknown = Client(), list[float](), list[float]()
    for number in range(questions + 20):
        pair = [(known, address(number)), (unknown, address(LISTED + number))]
        for seconds, one in pair if number % 2 else reversed(pair):
            started = time.perf_counter()
            answer = client.post("/kiem-tra-tai-khoan/", {"address": one})
            seconds.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.status_code
    return known[20:], unknown[20:]


def main() -> int:
    """Measure and print; fail where the two kinds of question differ by more than chance."""
    questions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    os.environ["QUETSACH_LOG"] = "json"
    with tempfile.TemporaryDirectory() as folder:
        configure_web(Path(folder))
        import logging

        logging.disable(logging.INFO)
        prepare(Path(folder))
        sealing, writing = take_in(LISTED)
        known, unknown = ask(questions)
    print(f"a list of {LISTED} addresses: {sealing:.1f} CPU s to read and seal, {writing:.1f} CPU s to write")
    print(f"a question, known:   {statistics.median(known) * 1000:.3f} ms (median of {questions})")
    print(f"a question, unknown: {statistics.median(unknown) * 1000:.3f} ms")
    differences = [a - b for a, b in zip(known, unknown, strict=True)]
    apart = statistics.median(differences) * 1e6
    spread = statistics.stdev(sorted(differences)[questions // 20 : -questions // 20]) * 1e6
    bound = 3 * 1.2533 * spread / questions**0.5  # three standard errors of a median
    print(f"known less unknown, in pairs: {apart:+.1f} µs; {bound:.1f} µs are chance")
    return int(abs(apart) > bound)


if __name__ == "__main__":
    sys.exit(main())
