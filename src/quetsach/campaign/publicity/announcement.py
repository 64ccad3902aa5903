"""The loudspeaker's script: as much of what there is to say as fits into the time on the air."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quetsach.campaign.publicity.errors import PublicityError
from quetsach.campaign.publicity.spoken_text import Speech, SpokenForms, spoken_text
from quetsach.campaign.publicity.texts import Sentence, fill

LENGTHS_SECONDS = (60, 120)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A script that fits into ``limit_seconds``: as it is written, and as it is said."""

    limit_seconds: int
    written: str
    speech: Speech


def announce(
    sentences: Sequence[Sentence], values: Mapping[str, str], forms: SpokenForms, *, limit_seconds: int
) -> Announcement:
    """Return the sentences that fit, in their order; those of the lowest rank must all fit.

    Raises:
        PublicityError: even the least there is to say takes longer, as with a very long name of a unit.
    """
    spoken = [spoken_text(fill(sentence.text, values), forms) for sentence in sentences]
    chosen: set[int] = set()
    total = 0.0
    for place in sorted(range(len(sentences)), key=lambda n: (sentences[n].rank, n)):
        is_needed = sentences[place].rank == min(sentence.rank for sentence in sentences)
        if is_needed or total + spoken[place].seconds <= limit_seconds:
            chosen.add(place)
            total += spoken[place].seconds
    if total > limit_seconds:
        raise PublicityError(
            f"the announcement takes {total:.0f} seconds and {limit_seconds} are given",
            hint="give a shorter name of the campaign or the unit",
        )
    kept = sorted(chosen)
    written = " ".join(fill(sentences[place].text, values) for place in kept)
    text = " ".join(spoken[place].text for place in kept)
    return Announcement(limit_seconds, written, Speech(text, sum(spoken[place].syllables for place in kept), total))
