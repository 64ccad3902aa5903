"""What a household is told that looks at its address again: from where it is now, or by a code that it took before.

The code holds the network and the day of the first look, enciphered: the centre keeps neither, and nobody else can read
them. One block of AES over a text with 32 zero bits and more that must come out again is a cipher that a stranger can
neither read nor forge (Bellare and Rogaway, "Encode-then-encipher encryption", 2000); a code with a tag beside it would
be half as long again to copy by hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.codes import again_code, read_again_code
from quetsach.core.address import Address
from quetsach.web.design.words import day as write_day
from quetsach.web.published.answer import FRESH_DAYS, AddressList, ListedFamily, Listing
from quetsach.web.published.devices import Device, only_device

LIFETIME_DAYS = 90
QUIET_DAYS = 7
"""Sooner, that nothing was reported says little: sources tell late, and malware rests."""
_EPOCH = date(2020, 1, 1)
_FORMAT, _ZEROS = 1, bytes(4)
_BLOCK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Household:
    """A line that was looked at: the first address of its network, and the day (UTC) of the look."""

    address: Address
    day: date

    @classmethod
    def read(cls, code: str, *, secret: str) -> Self | None:
        """Return what a code that somebody typed holds; ``None`` if this centre did not make it.

        Args:
            code: as it was typed.
            secret: the centre's.
        """
        number = read_again_code(code)
        if number is None:
            return None
        decryptor = _cipher(secret).decryptor()
        text = decryptor.update(number.to_bytes(_BLOCK_BYTES)) + decryptor.finalize()
        if text[0] != _FORMAT or text[1] not in (4, 6) or text[12:] != _ZEROS or (text[1] == 4 and text[4:8] != _ZEROS):
            return None
        network = int.from_bytes(text[4:12])
        address = Address((0xFFFF << 32) | network) if text[1] == 4 else Address(network << 64)
        return cls(address, _EPOCH + timedelta(days=int.from_bytes(text[2:4])))

    def code(self, *, secret: str) -> str:
        """Return the code that holds it."""
        version = self.address.version
        network = self.address.number & 0xFFFFFFFF if version == 4 else self.address.number >> 64
        day = (self.day - _EPOCH).days
        text = bytes([_FORMAT, version]) + day.to_bytes(2) + network.to_bytes(8) + _ZEROS
        encryptor = _cipher(secret).encryptor()
        return again_code(int.from_bytes(encryptor.update(text) + encryptor.finalize()))


def _cipher(secret: str) -> Cipher[modes.ECB]:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"quetsach.look-again").derive(secret.encode())
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305  (one block, each of which is another)


class Course(StrEnum):
    """What has become of an address since the code was taken."""

    STILL = "still"
    QUIET = "quiet"
    TOO_EARLY = "too-early"
    NO_FRESH_DATA = "no-fresh-data"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SecondLook:
    """The answer to a code. ``first_day`` and ``newest_day`` are those of the data after ``taken_on``."""

    course: Course
    taken_on: date
    first_day: date | None = None
    newest_day: date | None = None
    listings: tuple[ListedFamily, ...] = ()

    @property
    def is_urgent(self) -> bool:
        """Whether seeing to the devices is the one thing to do now."""
        return self.course is Course.STILL

    @property
    def device(self) -> Device | None:
        """The one kind of device to see to, where everything that was seen lives on that alone."""
        return only_device([listing.platforms for listing in self.listings])

    @property
    def title(self) -> str | Promise:
        """The answer in a line."""
        return _TITLES[self.course]

    @property
    def summary(self) -> str:
        """The answer in a sentence, with its days."""
        days = {"taken": write_day(self.taken_on), "first": write_day(self.first_day)}
        days |= {"last": write_day(self.newest_day), "again": write_day(self.again_on)}
        return str(_SUMMARIES[self.course]) % days

    @property
    def again_on(self) -> date:
        """The day from which a look says more."""
        return self.taken_on + timedelta(days=QUIET_DAYS + 1)

    @property
    def is_soon(self) -> bool:
        """Whether too few days have passed for quiet to say much."""
        return self.course is Course.QUIET and self.newest_day is not None and self.newest_day < self.again_on


_TITLES = {
    Course.STILL: _("Malware was reported again after you took the code"),
    Course.QUIET: _("Nothing new was reported since you took the code"),
    Course.TOO_EARLY: _("There are no data yet from after the day of your code"),
    Course.NO_FRESH_DATA: _("We have no fresh data"),
    Course.EXPIRED: _("This code is too old"),
}
_SUMMARIES = {
    Course.STILL: _(
        "You took the code on %(taken)s. After that day, up to %(last)s, malware at this address was reported again."
    ),
    Course.QUIET: _(
        "You took the code on %(taken)s. Between %(first)s and %(last)s no contact from this address was reported."
    ),
    Course.TOO_EARLY: _("You took the code on %(taken)s. Please look again from %(again)s on."),
    Course.NO_FRESH_DATA: _("What was reported to us is too old to say anything about now. Please come back later."),
    Course.EXPIRED: _(
        "You took the code on %(taken)s. Addresses change hands: after so long it may be somebody else's. Check the "
        "address that you have now."
    ),
}


def look_again(
    household: Household, *, listed: AddressList | None, today: date, describe: Callable[[Listing], ListedFamily]
) -> SecondLook:
    """Look up what has become of a household's address; nothing is kept.

    Args:
        household: what its code holds.
        listed: what was reported lately; ``None`` before the first publication.
        today: the day to measure by (UTC).
        describe: gives a listing its name in the page's language.
    """
    taken = household.day
    if today - taken > timedelta(days=LIFETIME_DAYS):
        return SecondLook(Course.EXPIRED, taken)
    if listed is None or listed.newest_day is None or today - listed.newest_day > timedelta(days=FRESH_DAYS):
        return SecondLook(Course.NO_FRESH_DATA, taken)
    if listed.newest_day <= taken:
        return SecondLook(Course.TOO_EARLY, taken)
    first = max(listed.first_day, taken + timedelta(days=1))
    found: Sequence[Listing] = [one for one in listed.look_up(household.address) if one.last_day > taken]
    course = Course.STILL if found else Course.QUIET
    return SecondLook(course, taken, first, listed.newest_day, tuple(map(describe, found)))
