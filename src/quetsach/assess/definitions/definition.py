"""The name, unit and exact meaning of one kind of number."""

from dataclasses import dataclass

from quetsach.core.pack import LocalText


@dataclass(frozen=True, slots=True)
class Definition:
    """The name, unit and exact meaning of one kind of number, and the decimals that it is given with."""

    id: str
    name: LocalText
    unit: LocalText
    decimals: int
    text: LocalText

    def as_json(self) -> dict[str, object]:
        """Return the definition for machines, texts in both languages."""
        return {
            "name": {"vi": self.name.vi, "en": self.name.en},
            "unit": {"vi": self.unit.vi, "en": self.unit.en},
            "text": {"vi": self.text.vi, "en": self.text.en},
        }


PERCENT = LocalText("%", "%")
"""The unit of shares and changes."""
