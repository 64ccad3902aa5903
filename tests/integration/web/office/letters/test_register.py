"""Several processes issue letters of one unit at the same time: every number is given once, and none is left out."""

import subprocess
import sys

import pytest
from tests.centre import migrated
from tests.integration.web.office.letters.test_killed_worker import SCRIPT, cascade
from tests.waiting import PATIENCE_SECONDS

__all__ = ["cascade"]
ISSUE = f"""
import importlib.util, sys
from datetime import UTC, datetime
import django
django.setup()
spec = importlib.util.spec_from_file_location("cascade", {str(SCRIPT)!r})
cascade = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cascade)
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
people = [Person.objects.get(name=name) for name in ("writer", "approver")]
for _ in range(int(sys.argv[1])):
    cascade._issue(Unit.objects.get(key="tw"), [], *people, now=datetime.now(UTC))
"""
NUMBERS = """
import django
django.setup()
from quetsach.web.office.letters.models import Letter
print(*sorted(Letter.objects.filter(number__isnull=False).values_list("number", flat=True)))
"""
PROCESSES, LETTERS = 3, 4


def test_numbers_given_at_the_same_time_have_no_gap_and_no_twin(
    cascade, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = migrated(tmp_path_factory, "register")
    assert cascade.run(data, "prepare", str(data), "1")[0] == 0
    environment = cascade.environment(data)
    issuing = [subprocess.Popen([sys.executable, "-c", ISSUE, str(LETTERS)], env=environment) for _ in range(PROCESSES)]
    assert [process.wait(PATIENCE_SECONDS) for process in issuing] == [0] * PROCESSES
    said = subprocess.run(
        [sys.executable, "-c", NUMBERS], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    assert [int(number) for number in said.stdout.split()] == list(range(1, 2 + PROCESSES * LETTERS))
