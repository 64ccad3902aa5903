"""Runs the command ``quetsach`` as ``python -m quetsach``."""

import sys

from quetsach.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
