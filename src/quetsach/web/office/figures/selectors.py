"""What is published and what waits, side by side."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.portal.snapshot import Snapshot, Stage, candidate_digest, figures_path, read_snapshot

KIND = "numbers"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure as it is published and as it would be; ``None`` where one of the two does not have it."""

    title: LocalText
    published: float | None
    candidate: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Figures that wait under ``data``. ``digest`` names exactly these bytes, ``approval`` was asked for them last."""

    data: Path
    figures: Snapshot
    digest: str
    lines: tuple[Line, ...]
    approval: Approval | None

    @property
    def subject(self) -> str:
        """What an approval calls it."""
        return subject_of(self.figures)


def subject_of(figures: Snapshot) -> str:
    """Return the name under which a publication is asked for and logged."""
    return f"figures:{figures.as_of}"


def published_figures() -> Snapshot | None:
    """Return what the portal shows."""
    return read_snapshot(settings.CENTER.data)


def is_candidate_waiting() -> bool:
    """Whether new figures wait, without reading them."""
    data: Path | None = settings.CENTER.data
    return data is not None and figures_path(data, Stage.CANDIDATE).exists()


def waiting_candidate() -> Candidate | None:
    """Return what waits, or ``None``.

    Raises:
        PublicationError: it is damaged.
    """
    data: Path | None = settings.CENTER.data
    figures = read_snapshot(data, stage=Stage.CANDIDATE)
    if figures is None or data is None:
        return None
    digest = candidate_digest(data)
    approval = Approval.objects.filter(kind=KIND, subject=subject_of(figures), digest=digest).order_by("-pk").first()
    return Candidate(data, figures, digest, _lines(published_figures(), figures), approval)


def _lines(before: Snapshot | None, after: Snapshot) -> tuple[Line, ...]:
    """Windows first, then every family that either of the two ranks."""
    old, new = (_values(figures) if figures else {} for figures in (before, after))
    return tuple(
        Line(title, old.get(key, (title, None))[1], new.get(key, (title, None))[1])
        for key, (title, _value) in {**new, **{k: v for k, v in old.items() if k not in new}}.items()
    )


def _values(figures: Snapshot) -> dict[str, tuple[LocalText, float]]:
    windows = [figures.latest, *(figures.campaign.windows if figures.campaign else ())]
    found = {f"window:{window.id}": (window.title, float(window.addresses)) for window in windows}
    return found | {f"family:{row.id}": (row.name, row.mean_daily) for row in figures.families}
