"""What tests of Windows stand on that are run from Linux."""

from collections.abc import Iterator

import pytest
from tests.windows.bed import build
from tests.windows.bed.wine import Windows, copied

collect_ignore = ["inside"]  # run by ``python -m tests.windows``, in the Python for Windows


@pytest.fixture(scope="module")
def windows() -> Iterator[Windows]:
    """Give a running Windows, one for the tests of a file."""
    with copied(build.prefix(), build.python()) as windows:
        yield windows
