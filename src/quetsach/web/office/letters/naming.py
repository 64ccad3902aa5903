"""What the log calls letters."""

from collections.abc import Collection, Mapping

from quetsach.web.office.letters.models import Letter


def letter_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return number and subject of letters by their keys, of a draft its subject."""
    found = Letter.objects.filter(pk__in=[int(key) for key in keys if key.isdecimal() and len(key) < 10])
    named = {str(letter.pk): (letter.number_sign, letter.subject) for letter in found}
    return {key: ": ".join(part for part in parts if part) for key, parts in named.items() if any(parts)}
