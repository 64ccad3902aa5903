r"""What real families leave on a Windows drive, planted harmlessly, and the recipes that know it.

Facts: Microsoft KB962007 and encyclopaedia entries, Symantec and F-Secure descriptions, CISA AA20-280A, CERT.be. Every
program is a line of text that starts with its mark. ``{mark}`` in a recipe's rule is that line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys
from quetsach.packs.specimen.windows import RUN, merged, plant

NT = r"Microsoft\Windows NT\CurrentVersion"
CV = r"Microsoft\Windows\CurrentVersion"
USER_CV = rf"Software\{CV}"
SERVICES = r"ControlSet001\Services"
FIREWALL = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
HOSTS = "Windows/System32/drivers/etc/hosts"
SVCHOST = r"%SystemRoot%\system32\svchost.exe -k netsvcs"
STARTUP = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
USB = "usb"
PAGE = b"<html>\r\n<p>\xe1\xba\xa3nh c\xc6\xb0\xe1\xbb\x9bi</p></html>\r\n"


def program(family: str) -> bytes:
    """Return the harmless program of a family."""
    return f"QUETSACH-{family.upper()}-PROGRAM: {'harmless ' * 20}\n".encode()


# What must be as it was after every clean-up, whatever the family.
NEIGHBOURS_SOFTWARE: Keys = {
    RUN: {"UniKey": (SZ, r"C:\Program Files\UniKey\UniKeyNT.exe")},
    rf"{CV}\Policies\Explorer": {"NoDriveTypeAutoRun": (DWORD, 0x91)},
    rf"{NT}\Image File Execution Options\taskmgr.exe": {"Debugger": (SZ, r'"C:\Program Files\PE\procexp64.exe"')},
    r"UniKey\Settings": {"Method": (DWORD, 1)},
}
NEIGHBOURS_SYSTEM: Keys = {
    rf"{SERVICES}\pci": {
        "ImagePath": (EXPAND_SZ, r"System32\drivers\pci.sys"),
        "Group": (SZ, "Boot Bus Extender"),
        "Start": (DWORD, 0),
        "Type": (DWORD, 1),
    },
    **{
        rf"{SERVICES}\{name}": {"ImagePath": (EXPAND_SZ, SVCHOST), "Start": (DWORD, start), "Type": (DWORD, 0x20)}
        for name, start in {"BITS": 3, "WinDefend": 2, "WerSvc": 3, "wscsvc": 2, "MpsSvc": 2, "BFE": 2}.items()
    },
    rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {
        r"C:\Program Files\UniKey\UniKeyNT.exe": (SZ, r"C:\Program Files\UniKey\UniKeyNT.exe:*:Enabled:UniKey")
    },
    r"ControlSet001\Control\SafeBoot\Network": {},
}
NEIGHBOURS_FILES: Mapping[str, bytes] = {
    "Program Files/UniKey/UniKeyNT.exe": b"MZ UniKey",
    "Users/An/Desktop/trang.html": PAGE,
    "Users/An/Desktop/UniKey.lnk": build_shortcut(local_path=r"C:\Program Files\UniKey\UniKeyNT.exe"),
    "Windows/system.ini": b"; for 16-bit app support\r\n[386Enh]\r\nwoafont=dosapp.fon\r\n",
}


@dataclass(frozen=True, slots=True)
class Family:
    """One family: what it plants, its recipe without the words for people, and how often each trait is found."""

    name: str
    recipe: str
    found: Mapping[str, int]
    rules: str = ""
    software: Keys = field(default_factory=dict)
    system: Keys = field(default_factory=dict)
    users: Mapping[str, Keys] = field(default_factory=dict)
    classes: Mapping[str, Keys] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    reported: frozenset[str] = frozenset()
    """Traits that are only reported."""

    def infect(self, root: Path) -> None:
        """Write the drive with the infection."""
        plant(
            root,
            software=merged(NEIGHBOURS_SOFTWARE, self.software),
            system=merged(NEIGHBOURS_SYSTEM, self.system),
            users=self.users,
            classes=self.classes,
            files={**NEIGHBOURS_FILES, **self.files},
        )

    def write_pack(self, folder: Path) -> None:
        """Write the pack folder."""
        folder.mkdir(parents=True)
        rule = f'rule program {{ strings: $mark = "QUETSACH-{self.name.upper()}-PROGRAM" condition: $mark at 0 }}\n'
        words = "\nwhy.vi = 'Dấu vết của mẫu thử.'\nwhy.en = 'A trace of the specimen.'\n"
        first, *traits = self.recipe.strip().split("[[trait]]\n")
        texts = {
            "pack.toml": f"""format = 1
family = "{self.name}"
version = "2026.11.25"
severity = "test"
platforms = ["windows"]
aliases = []
references = []
author = "Quét Sạch"
licence = "Apache-2.0"
name.vi = "Mẫu thử {self.name}"
name.en = "Specimen of {self.name}"
""",
            "recipe.toml": first + "".join(f"[[trait]]\n{trait.rstrip()}{words}\n" for trait in traits),
            "rules.yar": rule + self.rules,
            "guidance.vi.md": "# Mẫu\n\n## Là gì\n\n## Đã làm gì\n\n## Làm gì bây giờ\n",
            "guidance.en.md": "# Specimen\n\n## What it is\n\n## What it did\n\n## What to do now\n",
            "sources.md": "Made up for tests.\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text)
