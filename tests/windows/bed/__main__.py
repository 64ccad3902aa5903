"""Builds the bed and says where it is: python -m tests.windows.bed."""

from tests.windows.bed import build

print(build.python(), build.prefix(), build.vietnamese()["LOCPATH"], sep="\n")
