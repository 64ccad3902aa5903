"""A plugin of pytest that tells what tests cost: ``pytest -p tests.costs`` names the dearest hundred, and files.

CPU seconds, of the worker and of the processes that ended meanwhile: other work on the machine does not add to them.
What a fixture of a file or of the run costs is told with the test that asked for it first; a server that a fixture
started, with the test after which it ended.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.commands import cpu_seconds

SHOWN = 100
KEY = "cpu-seconds"
_before = [0.0]


def used() -> float:
    """Return the CPU seconds that this process has used, and those that it began and waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system + cpu_seconds[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart() -> None:
    """Begin to count with a test."""
    _before[0] = used()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Note with each part of a test what it cost."""
    report = yield
    now = used()
    report.user_properties = [*report.user_properties, (KEY, now - _before[0])]
    _before[0] = now
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the dearest tests with their CPU seconds and those by the clock, and what all cost together."""
    cpu: Counter[str] = Counter()
    clock: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                cpu[report.nodeid] += sum(value for name, value in report.user_properties[-1:] if name == KEY)
                clock[report.nodeid] += report.duration
    terminalreporter.section(f"the dearest {SHOWN} tests")
    for name, seconds in cpu.most_common(SHOWN):
        terminalreporter.write_line(f"{seconds:7.2f} s CPU {clock[name]:7.2f} s  {name}")
    files: Counter[str] = Counter()
    for name, seconds in cpu.items():
        files[name.split("::")[0]] += seconds
    terminalreporter.section(f"the dearest {SHOWN} files")
    for name, seconds in files.most_common(SHOWN):
        terminalreporter.write_line(f"{seconds:7.2f} s CPU  {name}")
    terminalreporter.write_line(f"{sum(cpu.values()):7.2f} s CPU {sum(clock.values()):7.2f} s  all {len(cpu)}")
