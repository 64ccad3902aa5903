r"""Plants what Virut leaves on a Windows drive, harmlessly.

Programs only return. The marked one has the four spaces in its header, and a last section of zeros, where the virus
would have its own; the other has verses. The page has the frame, whose server has belonged to CERT Polska since 2013.
"""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.hive import SZ
from quetsach.packs.specimen.innocent import FIREWALL, HOSTS, PAGE, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import FILES

MARKED = ("Users/An/Desktop/game.exe", "Windows/System32/calc.exe")
WITH_WORDS = "Users/An/Desktop/old game.exe"
PAGES = ("Users/An/Desktop/bai-tap.html", "inetpub/wwwroot/index.php", "Users/An/Desktop/cu.htm")

_MARK_AT = 0x20
_FRAMES = (
    b'<iframe src="http://ZieF.pl/rc/" width=1 height=1 style="border:0"></iframe>',
    b'<iframe src="http://jL.chura.pl/rc/" style="display:none"></iframe>',
    b'<iframe style="height:1px" src="http://www&#46;Brenz.pl/rc/" frameborder=0 width=1></iframe>',
)
_VERSES = b"\r\n".join(
    [
        b"O noon of life! O time to celebrate!",
        b"O summer garden!",
        b"Relentlessly happy and expectant, standing: -",
        b"Watching all day and night, for friends I wait:",
        b"Where are you, friends? Come! It is time! It's late!",
    ]
)
_LET_THROUGH = r"\??\C:\WINDOWS\system32\winlogon.exe"
_IN_HOSTS = "127.0.0.1 ZieF.pl\r"


def build(root: Path) -> list[Planted]:
    """Plant the infection on a drive of Windows and return what was planted."""
    programs = rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List"
    plant_infected(
        root,
        system={programs: {_LET_THROUGH: (SZ, f"{_LET_THROUGH}:*:enabled:@shell32.dll,-1")}},
        files={
            "Windows/System32/winlogon.exe": build_pe(),
            **{path: marked_program() for path in MARKED},
            WITH_WORDS: build_pe(sections={".data": b"NICK \0JOIN \0" + _VERSES}),
            **{path: infected_page(frame) for path, frame in zip(PAGES, _FRAMES, strict=True)},
            HOSTS: FILES[HOSTS] + f"{_IN_HOSTS}\n".encode(),
        },
    )
    services = programs.replace("ControlSet001", r"HKLM\SYSTEM\CurrentControlSet")
    return [
        *(Planted("file", f"/{path}") for path in (*MARKED, WITH_WORDS, *PAGES)),
        Planted("registry-value", rf"{services}\{_LET_THROUGH}"),
        Planted("setting-line", f"/{HOSTS}", _IN_HOSTS),
    ]


def marked_program() -> bytes:
    """Return a program of somebody else with Virut's mark in its header and room for the virus at its end."""
    program = bytearray(build_pe(sections={".data": b"a game", ".rsrc": bytes(0x2000)}))
    program[_MARK_AT : _MARK_AT + 4] = b"    "
    return bytes(program)


def infected_page(frame: bytes) -> bytes:
    """Return a page with a frame before its end."""
    return PAGE.replace(b"</html>", frame + b"</html>")
