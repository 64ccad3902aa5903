"""Takes in an uploaded feed file in processes of its own, fast: it has imported everything and forks.

Works on the centre of ``QUETSACH_DATA``. Reads lines: ``upload FILE`` lays out a centre in which an analyst has
uploaded that file; ``work STEP`` does the work behind the pages, and kills itself before the numbered step to disk or
database; ``steps`` does it to its end and prints how many steps there were; ``tell`` prints what the page and the lake
say of it. Answers the exit code.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import django
import pandas as pd  # noqa: F401  (pyarrow loads it at its first table, so each child would)

os.environ["DJANGO_SETTINGS_MODULE"] = "quetsach.web.settings"
django.setup()

from django.conf import settings  # noqa: E402  (after Django has been set up)
from django.db.models import Model  # noqa: E402

from quetsach.centre.centre import Centre  # noqa: E402
from quetsach.centre.publication import due  # noqa: E402
from quetsach.web.office.feeds.models import FeedFile  # noqa: E402
from quetsach.web.office.feeds.services import file_receive, files_work  # noqa: E402
from quetsach.web.office.log.models import LogEntry  # noqa: E402
from quetsach.web.office.people.models import Duty, Person  # noqa: E402
from quetsach.web.office.tree.models import Unit  # noqa: E402
from quetsach.web.office.units.services.unit import positions_rebuild  # noqa: E402


def upload(file: str) -> None:
    centre = Unit.objects.create(key="tw", code="tw", kind="centre", name_vi="TT", name_en="C", opened=date(2020, 1, 1))
    positions_rebuild()
    analyst = Person.objects.create_user("lan@example.vn", "rất dài và khó đoán 2020", name="Lan")
    Duty.objects.create(person=analyst, role="analyst", unit=centre, first=date(2020, 1, 1))
    content = Path(file).read_bytes()
    file_receive(feed="plain", report="", name="a.zip", chunks=[content], by=analyst, now=datetime.now(UTC))


def count_steps(reached: Callable[[int], None]) -> None:
    """Say before each step how many were passed."""
    passed = count()

    def before(step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: object, **named: object) -> Any:
            reached(next(passed))
            return step(*arguments, **named)

        return counted

    os.fsync = before(os.fsync)
    for kind, name in ((Path, "replace"), (Path, "mkdir"), (Path, "unlink"), (Model, "save")):
        setattr(kind, name, before(getattr(kind, name)))


def work(last: str) -> None:
    def reached(step: int) -> None:
        if step == int(last):
            os.kill(os.getpid(), signal.SIGKILL)

    count_steps(reached)
    files_work(clock=lambda: datetime.now(UTC))


def steps() -> None:
    passed: list[int] = []
    count_steps(passed.append)
    files_work(clock=lambda: datetime.now(UTC))
    print(len(passed))


def tell() -> None:
    (file,) = FeedFile.objects.all()
    with Centre(settings.CENTER.data).view() as view:
        lake = [asdict(one) | {"ingested_at": None} for one in view.deliveries()]
    acts = list(LogEntry.objects.filter(subject="feed:plain").order_by("pk").values_list("act", flat=True))
    told = {"state": file.state, "outcomes": file.outcomes, "acts": acts, "due": due.is_due(settings.CENTER.data)}
    print(json.dumps(told | {"lake": sorted(map(repr, lake))}))


def main() -> None:
    for line in sys.stdin:
        name, *words = line.split()
        child = os.fork()
        if not child:
            {"upload": upload, "work": work, "steps": steps, "tell": tell}[name](*words)
            sys.stdout.flush()
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
