"""Runs the command ``quetsach`` as ``python -m quetsach``."""

import sys

from quetsach.cli.main import main

sys.exit(main())
