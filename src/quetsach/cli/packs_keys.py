"""``quetsach packs keys``: the keys and pass phrases that sign a repository, the signing of its root by two."""

import argparse
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, Parser, Subcommands, add_command, chosen_language
from quetsach.core.text import Text, all_in_language
from quetsach.packs import SigningError
from quetsach.packs.ceremony import begin_root, sign_root
from quetsach.packs.keys import ALL_NAMES, KeyRing, Phrase, list_keys, load_keys, new_keys, no_phrase, protect, rotate
from quetsach.packs.signing import Publication

# What commands that sign share: the folder of keys and the pass phrases for them, and how a publication is told.

_PHRASE_LIMIT_BYTES = 4096

_HEADER = (Text("key"), Text("role"), Text("identifier"), Text("private half"))
_HALVES = {
    "open": Text("here, not protected"),
    "encrypted": Text("here, under a pass phrase"),
    "away": Text("not here"),
}


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
    language = chosen_language(arguments)
    return lambda name: getpass.getpass(Text("Pass phrase of {name}: ", name=name).in_language(language))


def new_phrase(arguments: argparse.Namespace) -> str:
    """Return a pass phrase for new keys, from the file that was named, or typed twice at the terminal.

    Raises:
        SigningError: there is no terminal to ask on, or both differ.
    """
    if arguments.pass_file is not None:
        return _read_phrase(arguments.pass_file)
    if not sys.stdin.isatty():
        raise SigningError(Text("there is no terminal to ask for a pass phrase on"), hint=Text("give --pass-file"))
    language = chosen_language(arguments)
    phrase = getpass.getpass(Text("New pass phrase: ").in_language(language))
    if phrase != getpass.getpass(Text("The same again: ").in_language(language)):
        raise SigningError(Text("the two pass phrases differ"), hint=Text("try again"))
    return phrase


def tell_publication(
    publication: Publication, *, language: str, as_json: bool, also: dict[str, object] | None = None
) -> None:
    """Print what a publication did."""
    if as_json:
        print_json({**publication.as_json(), **(also or {})})
        return
    new, overdue, kept = all_in_language(
        (Text("new", context="metadata"), Text("overdue", context="metadata"), Text("kept", context="metadata")),
        language,
    )
    rows = [
        (role, version, (new if role in publication.renewed else overdue if role in publication.overdue else kept))
        for role, version in publication.versions.items()
    ]
    print_table((*all_in_language((Text("role"), Text("version")), language), ""), rows, right=(1,))
    until = f"{publication.expires:%Y-%m-%d %H:%M}"
    tell(Text("Valid until {time} UTC; publish again before that.", time=until), language)
    tell(Text("Root of trust (SHA-256): {sha256}", sha256=publication.as_json()["root_sha256"]), language)


def _read_phrase(path: Path) -> str:
    try:
        with path.open("rb") as file:
            phrase = file.read(_PHRASE_LIMIT_BYTES).decode().partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError(Text("the pass phrase cannot be read"), where=str(path), hint=str(error)) from error
    if not phrase:
        raise SigningError(
            Text("the first line of this file is empty"), where=str(path), hint=Text("write the pass phrase there")
        )
    return phrase


# ``quetsach packs keys``: the keys that sign a repository, and the ceremony in which two people sign its root.


def register(keys: Parser) -> None:
    """Add ``keys`` below ``packs``."""
    keys.show_examples("quetsach packs keys new --out keys\nquetsach packs keys rotate root-1 --keys keys")
    commands = keys.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _register_making(commands)
    _register_ceremony(commands)


def _register_making(commands: Subcommands) -> None:
    new = add_command(
        commands,
        "new",
        summary="make a key for every role (of root three, of which two sign), or only the keys that are named",
        examples="quetsach packs keys new --out keys --encrypt\n"
        "quetsach packs keys new --out keys --name root-1 --encrypt --pass-file phrase.txt",
    )
    new.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the keys")
    new.add_argument("--name", action="append", metavar="NAME", help="such as root-1 or packs (default: all)")
    new.add_argument("--encrypt", action="store_true", help="put the private keys under a pass phrase")
    _finish(new, _new_keys)
    rotate = add_command(
        commands,
        "rotate",
        summary="replace one key by a new one; the next publication makes it valid and the old one worthless",
        examples="quetsach packs keys rotate root-1 --keys keys --encrypt",
    )
    rotate.add_argument("name", metavar="NAME", help="such as root-1 or timestamp")
    rotate.add_argument("--keys", type=Path, required=True, metavar="DIR", help="folder of the keys")
    rotate.add_argument("--encrypt", action="store_true", help="put the new private key under a pass phrase")
    _finish(rotate, _rotate)
    protect = add_command(
        commands,
        "protect",
        summary="put a private key under a pass phrase, or under another one",
        examples="quetsach packs keys protect packs --keys keys",
    )
    protect.add_argument("name", metavar="NAME", help="such as root-1 or packs")
    protect.add_argument("--keys", type=Path, required=True, metavar="DIR", help="folder of the keys")
    protect.add_argument("--old-pass-file", type=Path, metavar="FILE", help="first line is the pass phrase until now")
    _finish(protect, _protect)


def _register_ceremony(commands: Subcommands) -> None:
    show = add_command(
        commands,
        "list",
        summary="say which keys a folder holds, and which private halves are at hand",
        examples="quetsach packs keys list --keys keys",
    )
    show.add_argument("--keys", type=Path, required=True, metavar="DIR", help="folder of the keys")
    show.add_argument("--json", action="store_true", help="print the result as JSON")
    show.set_defaults(run=_list)
    root = add_command(
        commands,
        "root",
        summary="begin a root that agrees with the keys, for its holders to sign one after the other",
        examples="quetsach packs keys root --keys keys --out repository",
    )
    root.add_argument("--out", type=Path, required=True, metavar="REPO", help="folder of the repository")
    add_key_arguments(root)
    root.add_argument("--json", action="store_true", help="print the result as JSON")
    root.set_defaults(run=_root)
    sign = add_command(
        commands,
        "sign",
        summary="show a root that was begun and add the signatures of the root keys at hand",
        examples="quetsach packs keys sign /media/usb/2.root.json --keys my-key\n"
        "quetsach packs keys sign /media/usb/2.root.json",
    )
    sign.add_argument("root", type=Path, metavar="FILE", help="the root, in pending/ of the repository or carried here")
    sign.add_argument("--keys", type=Path, metavar="DIR", help="folder with the private root keys of one holder")
    _finish(sign, _sign)


def _finish(parser: argparse.ArgumentParser, run: object) -> None:
    add_pass_file(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def _new_keys(arguments: argparse.Namespace) -> int:
    phrase = new_phrase(arguments) if arguments.encrypt else ""
    names = new_keys(arguments.out, arguments.name or ALL_NAMES, phrase=phrase)
    if arguments.json:
        print_json({"folder": str(arguments.out), "keys": list(names)})
    else:
        told = Text(
            "Keys in {folder}: {names}\nThe .pem files are private. Keep root-*.pem and targets.pem offline, "
            "each root key with another person; only snapshot.pem and timestamp.pem belong on the server.",
            folder=arguments.out,
            names=", ".join(names),
        )
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _rotate(arguments: argparse.Namespace) -> int:
    phrase = new_phrase(arguments) if arguments.encrypt else ""
    identifier = rotate(arguments.keys, arguments.name, phrase=phrase)
    if arguments.json:
        print_json({"name": arguments.name, "key_id": identifier})
    else:
        told = Text(
            "{name} is now key {key}…; publish to make it valid, then destroy the private key in retired/",
            name=arguments.name,
            key=identifier[:16],
        )
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _protect(arguments: argparse.Namespace) -> int:
    former = argparse.Namespace(pass_file=arguments.old_pass_file, lang=arguments.lang)
    protect(arguments.keys, arguments.name, old=phrase_source(former), new=new_phrase(arguments))
    if arguments.json:
        print_json({"name": arguments.name, "private": "encrypted"})
    else:
        tell(Text("{name}.pem is under the new pass phrase.", name=arguments.name), chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _list(arguments: argparse.Namespace) -> int:
    keys = list_keys(arguments.keys)
    if arguments.json:
        fields = ("name", "role", "key_id", "private")
        print_json([{field: getattr(key, field) for field in fields} for key in keys])
    else:
        language = chosen_language(arguments)
        print_table(
            all_in_language(_HEADER, language),
            ((key.name, key.role, f"{key.key_id[:16]}…", _HALVES[key.private].in_language(language)) for key in keys),
        )
    return ExitCode.NOTHING_FOUND


def _root(arguments: argparse.Namespace) -> int:
    begun = begin_root(arguments.out, keys=keys_at_hand(arguments), now=datetime.now(UTC))
    if arguments.json:
        print_json(begun.as_json())
    elif begun.path is None:
        told = Text("The root agrees with the keys and is good for months; there is nothing to sign.")
        tell(told, chosen_language(arguments))
    else:
        print(begun.told())
        if begun.missing:
            told = Text(
                "Carry {path} to the next holder: `quetsach packs keys sign {name} --keys DIR`",
                path=begun.path,
                name=begun.path.name,
            )
            tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _sign(arguments: argparse.Namespace) -> int:
    signed = sign_root(arguments.root, arguments.keys, phrase=phrase_source(arguments))
    if arguments.json:
        print_json(signed.as_json())
    else:
        print(signed.told())
    return ExitCode.NOTHING_FOUND
