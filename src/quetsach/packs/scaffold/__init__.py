"""A new pack folder that holds together: it passes ``check`` and ``test``, and teaches what to put there.

The templates beside this module are the files of a pack; ``{{words}}`` in them stand for what the family is called.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from quetsach import storage
from quetsach.core.text import SystemText, Text
from quetsach.packs import PackError
from quetsach.packs.recipe import SLUG

PLATFORMS = ("linux", "windows")
_HERE = Path(__file__).parent
_MARK = ".txt"
"""Ends the name of a template, so that no tool takes it for the real thing."""


def new_pack(family: str, platform: str, folder: Path, *, today: date) -> tuple[Path, ...]:
    """Write a new pack folder and return its files.

    Args:
        family: lower-case words joined by hyphens.
        platform: one of ``PLATFORMS``.
        folder: where the folder of the pack goes; it is made if need be.
        today: becomes the version.

    Raises:
        PackError: the name does not fit, the pack is there already, or it cannot be written.
    """
    if not SLUG.fullmatch(family) or len(family) > 64:
        raise PackError(
            Text("{family} is no name of a family", family=repr(family)),
            hint=Text("write lower-case words joined by hyphens"),
        )
    pack = folder / family
    words = _words(family, platform, today)
    try:
        pack.mkdir(parents=True)
        return tuple(_written(pack, name, text, words) for name, text in _templates(platform).items())
    except FileExistsError:
        raise PackError(
            Text("there is a pack already"), where=str(pack), hint=Text("choose another name or folder")
        ) from None
    except OSError as error:
        raise PackError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(pack)
        ) from None


def _words(family: str, platform: str, today: date) -> Mapping[str, str]:
    names = {"linux": "Linux", "windows": "Windows"}
    return {
        "family": family,
        "Family": family.replace("-", " ").title(),
        "rule": "family_" * family[0].isdigit() + family.replace("-", "_"),
        "short": family.replace("-", "")[:12],
        "platform": platform,
        "Platform": names[platform],
        "version": today.strftime("%Y.%m.%d"),
    }


def _templates(platform: str) -> dict[str, str]:
    return {
        path.name.removesuffix(_MARK): path.read_text("utf-8")
        for of in ("both", platform)
        for path in sorted((_HERE / of).glob(f"*{_MARK}"))
    }


def _written(pack: Path, name: str, text: str, words: Mapping[str, str]) -> Path:
    for word, value in words.items():
        text = text.replace(f"{{{{{word}}}}}", value)
    storage.write(pack / name, text, mode=storage.SHARED)
    return pack / name
