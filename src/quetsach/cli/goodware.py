"""Which honest files a command looks at: what check and test of packs share."""

import argparse
from pathlib import Path


def add_goodware_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which honest files packs are tried on."""
    goodware = parser.add_mutually_exclusive_group()
    goodware.add_argument(
        "--goodware", type=Path, metavar="DIR", help="honest files, all looked at (default: 2,000 files of /usr)"
    )
    goodware.add_argument("--no-goodware", action="store_true", help="do not look at honest files of this machine")
