"""What commands that sign share: the folder of keys and the pass phrases for them, and how a publication is told."""

import argparse
import getpass
import sys
from pathlib import Path

from quetsach.cli.output import print_json, print_table
from quetsach.packs.errors import SigningError
from quetsach.packs.key_files import Phrase, no_phrase
from quetsach.packs.keys import KeyRing, load_keys
from quetsach.packs.signing import Publication

_PHRASE_LIMIT_BYTES = 4096


def add_key_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--keys`` and ``--pass-file``."""
    parser.add_argument("--keys", type=Path, required=True, metavar="DIR", help="folder of the keys")
    add_pass_file(parser)


def add_pass_file(parser: argparse.ArgumentParser) -> None:
    """Add ``--pass-file``: a pass phrase on the command line could be read by every user of the machine."""
    parser.add_argument(
        "--pass-file", type=Path, metavar="FILE", help="first line is the pass phrase (default: asked on the terminal)"
    )


def add_repository_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--out``, the folder of the repository."""
    parser.add_argument("--out", type=Path, required=True, metavar="REPO", help="folder of the repository")


def keys_at_hand(arguments: argparse.Namespace) -> KeyRing:
    """Return the keys of ``--keys``; each pass phrase is asked for when its key has to sign.

    Raises:
        SigningError: a key is missing or is none.
    """
    return load_keys(arguments.keys, phrase=phrase_source(arguments))


def phrase_source(arguments: argparse.Namespace) -> Phrase:
    """Return what gives the pass phrase of a key: the file that was named, or the person at the terminal."""
    if arguments.pass_file is not None:
        return lambda _name: _read_phrase(arguments.pass_file)
    if not sys.stdin.isatty():
        return no_phrase
    return lambda name: getpass.getpass(f"Pass phrase of {name}: ")


def new_phrase(arguments: argparse.Namespace) -> str:
    """Return a pass phrase for new keys, from the file that was named, or typed twice at the terminal.

    Raises:
        SigningError: there is no terminal to ask on, or both differ.
    """
    if arguments.pass_file is not None:
        return _read_phrase(arguments.pass_file)
    if not sys.stdin.isatty():
        raise SigningError("there is no terminal to ask for a pass phrase on", hint="give --pass-file")
    phrase = getpass.getpass("New pass phrase: ")
    if phrase != getpass.getpass("The same again: "):
        raise SigningError("the two pass phrases differ", hint="try again")
    return phrase


def tell_publication(publication: Publication, *, as_json: bool, also: dict[str, object] | None = None) -> None:
    """Print what a publication did."""
    if as_json:
        print_json({**publication.as_json(), **(also or {})})
        return
    rows = [
        (role, version, "new" if role in publication.renewed else "overdue" if role in publication.overdue else "kept")
        for role, version in publication.versions.items()
    ]
    print_table(("role", "version", ""), rows, right=(1,))
    print(f"Valid until {publication.expires:%Y-%m-%d %H:%M} UTC; publish again before that.")
    print(f"Root of trust (SHA-256): {publication.as_json()['root_sha256']}")


def _read_phrase(path: Path) -> str:
    try:
        with path.open("rb") as file:
            phrase = file.read(_PHRASE_LIMIT_BYTES).decode().partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError("the pass phrase cannot be read", where=str(path), hint=str(error)) from error
    if not phrase:
        raise SigningError("the first line of this file is empty", where=str(path), hint="write the pass phrase there")
    return phrase
