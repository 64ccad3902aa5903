"""What becomes of a row: new, the same again, a correction, or set aside beside what is held."""

from dataclasses import dataclass
from enum import StrEnum

from quetsach.campaign.partners.record import Reason
from quetsach.campaign.partners.row import Figures


class Verdict(StrEnum):
    """The row is taken, known already, or takes the place of an earlier revision."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Held:
    """What is held under a row's identity."""

    revision: int
    figures: Figures


def judge(row: Held, held: Held | None) -> Verdict | Reason:
    """Compare a row with what is held. A correction may arrive before what it corrects.

    Returns:
        ``Reason.CONFLICT`` for other figures under the same revision (which of the two is right is not ours to say),
        ``Reason.OUTDATED`` for a revision before the one that is held.
    """
    if held is None:
        return Verdict.ACCEPTED
    if row == held:
        return Verdict.DUPLICATE
    if row.revision > held.revision:
        return Verdict.REPLACED
    return Reason.CONFLICT if row.revision == held.revision else Reason.OUTDATED


@dataclass(slots=True)
class Tally:
    """What became of the records of a file; they add up."""

    accepted: int = 0
    duplicates: int = 0
    replaced: int = 0
    set_aside: int = 0

    @property
    def records(self) -> int:
        """All records that were looked at."""
        return self.accepted + self.duplicates + self.replaced + self.set_aside

    def add(self, verdict: Verdict) -> None:
        """Count one row that was not set aside."""
        match verdict:
            case Verdict.ACCEPTED:
                self.accepted += 1
            case Verdict.DUPLICATE:
                self.duplicates += 1
            case Verdict.REPLACED:
                self.replaced += 1
