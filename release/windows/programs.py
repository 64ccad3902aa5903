"""The two programs of the download: one for consoles, and one for the window, which asks for the rights it needs.

Windows takes names of files for the same whatever their case, so the two differ by more than that.
"""

import subprocess
import tempfile
from pathlib import Path

from release.windows.icon import write_icon
from release.windows.runtime import MINGW, link

CONSOLE, WINDOW = "quetsach.exe", "QuetSachWindow.exe"
PRODUCT = "Quét Sạch"
_HERE = Path(__file__).parent
_LEVELS = {CONSOLE: "asInvoker", WINDOW: "requireAdministrator"}
_DESCRIPTIONS = {CONSOLE: f"{PRODUCT} (console)", WINDOW: PRODUCT}
_LINKED = ("-Wl,--dynamicbase,--nxcompat,--high-entropy-va", "-lshell32")


def build_programs(folder: Path, version: str) -> None:
    """Write both programs into a folder, the same bytes each time."""
    with tempfile.TemporaryDirectory() as made:
        icon = Path(made) / "icon.ico"
        write_icon(icon)
        for name, level in _LEVELS.items():
            resources = _resources(Path(made), name, level, version, icon)
            subsystem = ("-mwindows", "-DWINDOWED") if name == WINDOW else ("-mconsole",)
            source = str(_HERE / "launcher.c")
            link(*subsystem, source, str(resources), *_LINKED, target=folder / name)


def _resources(folder: Path, name: str, level: str, version: str, icon: Path) -> Path:
    """Compile icon, version and manifest of a program."""
    manifest = folder / f"{name}.manifest"
    manifest.write_text((_HERE / "launcher.manifest").read_text().replace("@LEVEL@", level))
    values = {
        "ICON": icon,
        "MANIFEST": manifest,
        "NUMBERS": ",".join(version_numbers(version)),
        "VERSION": version,
        "NAME": name,
        "PRODUCT": PRODUCT,
        "DESCRIPTION": _DESCRIPTIONS[name],
    }
    text = (_HERE / "launcher.rc").read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    (folder / f"{name}.rc").write_text(text)
    target = folder / f"{name}.o"
    subprocess.run([f"{MINGW}windres", "-c", "65001", folder / f"{name}.rc", target], check=True)
    return target


def version_numbers(version: str) -> tuple[str, ...]:
    """Return the four numbers that Windows keeps of a version; what follows the digits is left out."""
    digits = [part for part in version.partition("+")[0].split(".") if part.isdecimal()]
    return tuple((*digits, "0", "0", "0", "0")[:4])
