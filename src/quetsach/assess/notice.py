"""What a reader of a figure must know beside it."""

from dataclasses import dataclass

from quetsach.core.pack import LocalText


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning with a code that stays, and its text in both languages; ``percent`` where it is about one."""

    code: str
    text: LocalText
    percent: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the notice for machines."""
        made: dict[str, object] = {"code": self.code, "text": {"vi": self.text.vi, "en": self.text.en}}
        if self.percent is not None:
            made["percent"] = self.percent
        return made
