"""What a scan concluded: an artefact shows a trait of a family."""

from dataclasses import dataclass

from quetsach.core.pack import Action, LocalText
from quetsach.endpoint.artefact import Artefact, MemberAnchor


@dataclass(frozen=True, slots=True)
class Finding:
    """One artefact that shows one trait of one family.

    ``id`` is stable for the same artefact and trait across scans of the same state (hex, 16 characters).
    ``action`` is the recipe's own, also where the recipe is not for this system. ``evidence`` says in a line what was
    seen (rule name and author, or the matching field), already printable.
    """

    id: str
    family: str
    pack_version: str
    trait: str
    artefact: Artefact
    action: Action
    why: LocalText
    evidence: str
    belongs_to: tuple[str, ...] = ()
    """Systems of the family when the one that was looked at is none of them: its recipe is not for this system."""

    @property
    def is_only_reported(self) -> bool:
        """Whether no clean-up acts on it alone."""
        return self.action is Action.REPORT or self.is_packed or bool(self.belongs_to)

    @property
    def is_sealable(self) -> bool:
        """Whether it may go with the archive that it lies in, by a person's word: its pack removes such a file."""
        return self.is_packed and self.action is not Action.REPORT

    @property
    def is_packed(self) -> bool:
        """Whether it lies inside an archive, where it cannot run."""
        return isinstance(self.artefact.anchor, MemberAnchor)
