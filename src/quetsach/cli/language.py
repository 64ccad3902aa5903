"""The language of what the tool says to its owner: Vietnamese first, English complete beside it."""

import argparse
import os

LANGUAGES = ("vi", "en")


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add ``--lang`` to a command that speaks to the owner of a machine."""
    parser.add_argument(
        "--lang", choices=LANGUAGES, help="language of the output (default: $QUETSACH_LANG, else Vietnamese)"
    )


def chosen_language(arguments: argparse.Namespace) -> str:
    """Return ``vi`` or ``en``."""
    named = str(arguments.lang or os.environ.get("QUETSACH_LANG", ""))
    return named if named in LANGUAGES else LANGUAGES[0]
