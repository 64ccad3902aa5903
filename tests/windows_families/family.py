r"""What real families leave on a Windows drive, planted harmlessly, and the recipes that know it.

Facts: Microsoft KB962007 and encyclopaedia entries, Symantec and F-Secure descriptions, CISA AA20-280A, CERT.be. Every
program is a line of text that starts with its mark. ``{mark}`` in a recipe's rule is that line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quetsach.packs.specimen.hive import Keys
from quetsach.packs.specimen.neighbours import (
    plant_infected,
)


def program(family: str) -> bytes:
    """Return the harmless program of a family."""
    return f"QUETSACH-{family.upper()}-PROGRAM: {'harmless ' * 20}\n".encode()


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
        plant_infected(
            root,
            software=self.software,
            system=self.system,
            users=self.users,
            classes=self.classes,
            files=self.files,
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
