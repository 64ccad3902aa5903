"""Setup and portable out of one tree, made by NSIS; the same tree gives the same bytes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from release.windows.icon import write_icon, write_side_picture
from release.windows.programs import version_numbers
from release.windows.signing import Signer, sign
from release.windows.wheels import ROOT

KINDS = ("setup", "portable")
_SCRIPTS = Path(__file__).parent
_BEFORE_ANY_VERSION = "315532800"
"""1980-01-01 UTC, for whatever NSIS would date by the clock."""


def build_installer(kind: str, tree: Path, out: Path, *, version: str, signer: Signer | None) -> str:
    """Write the setup or the portable of a tree; return who signed it, nothing if nobody did.

    Raises:
        CalledProcessError: NSIS or the signature failed.
        NotSignedError: the signature that was made does not hold.
    """
    with tempfile.TemporaryDirectory() as made:
        icon, side = Path(made) / "icon.ico", Path(made) / "side.bmp"
        write_icon(icon)
        write_side_picture(side)
        values = {
            "OUT": out.absolute(),
            "TREE": tree.absolute(),
            "ICON": icon,
            "SIDE": side,
            "VERSION": version,
            "NUMBERS": ".".join(version_numbers(version)),
            "SIZE_KIB": sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) // 1024,
        }
        if signer is not None:
            values["SIGN_UNINSTALLER"] = f'"{sys.executable}" -m release.windows.signing'
        words = [f"-D{name}={value}" for name, value in values.items()]
        subprocess.run(
            ["makensis", "-V2", "-WX", "-NOCD", "-INPUTCHARSET", "UTF8", *words, _SCRIPTS / f"{kind}.nsi"],
            cwd=ROOT,
            env=os.environ | {"SOURCE_DATE_EPOCH": _BEFORE_ANY_VERSION},
            check=True,
        )
    return sign(out, signer) if signer is not None else ""
