"""Printing and signing many copies, on all processors: each group is one task of pure values in, bytes out."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from quetsach.web.office.letters.document.certificates import Certificate, read_certificate
from quetsach.web.office.letters.document.letter import Language, LetterText, Personal
from quetsach.web.office.letters.document.pdf import Printed, render, render_many, unsigned

if TYPE_CHECKING:
    from quetsach.web.office.letters.document.signing import Signatures, TimeStampAuthority

_MOST_PROCESSES = 4
_LEAST_GROUPS = 3
"""With fewer groups than this the start of further processes costs more than it gives."""


@dataclass(frozen=True, slots=True)
class SigningCredentials:
    """What a letter is signed with: names, PKCS #12 files, pictures (PNG) and the time that the signatures claim."""

    person: str
    agency: str
    person_key: bytes
    agency_key: bytes
    person_image: bytes | None
    agency_image: bytes | None
    at: datetime
    language: str

    @property
    def certificates(self) -> tuple[Certificate, Certificate]:
        """Whose keys they are, the person's first."""
        return read_certificate(self.person_key), read_certificate(self.agency_key)


def print_original(
    text: LetterText, seals: SigningCredentials | None, authority: "TimeStampAuthority | None" = None
) -> bytes:
    """Return the letter, signed if there are seals, and with time stamps if there is an authority for them.

    Raises:
        DocumentError: it cannot be printed.
        SigningError: a key or picture cannot be used, or the authority gives no time stamp.
    """
    if seals is None or authority is None:
        return render(text, _sign(seals))
    return render(text, replace(_signatures(seals), timestamper=authority).put_on)


def print_group(text: LetterText, seals: SigningCredentials | None, personal: Sequence[Personal]) -> list[bytes]:
    """Return the copies of one group in order.

    Raises:
        DocumentError: it cannot be printed.
        SigningError: a key or picture cannot be used.
    """
    return list(render_many(text, personal, _sign(seals)))


def print_groups(
    text: LetterText, seals: SigningCredentials | None, groups: Sequence[Sequence[Personal]]
) -> Iterator[list[bytes]]:
    """Yield the copies group by group, in order; further processes print ahead.

    Raises:
        DocumentError: it cannot be printed.
        SigningError: a key or picture cannot be used.
    """
    processes = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
    if processes < 2 or len(groups) < _LEAST_GROUPS:
        for group in groups:
            yield print_group(text, seals, group)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            yield from _ahead(pool, text, seals, groups, 2 * processes)
        finally:
            pool.shutdown(cancel_futures=True)


def _ahead(
    pool: ProcessPoolExecutor,
    text: LetterText,
    seals: SigningCredentials | None,
    groups: Iterable[Sequence[Personal]],
    most: int,
) -> Iterator[list[bytes]]:
    """Keep a few groups in work, so that neither memory nor a process waits."""
    under_way: deque[Future[list[bytes]]] = deque()
    for group in groups:
        under_way.append(pool.submit(print_group, text, seals, group))
        if len(under_way) >= most:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _end_with_parent() -> None:
    """End when the process that prints is killed: nobody else would."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _sign(seals: SigningCredentials | None) -> Callable[[Printed], bytes]:
    return _signatures(seals).put_on if seals else unsigned


@lru_cache(maxsize=2)
def _signatures(seals: SigningCredentials) -> "Signatures":
    signing = import_module("quetsach.web.office.letters.document.signing")  # by name: it is slow to load
    prepared: Signatures = signing.Signatures.prepare(
        person=signing.Signatory(seals.person, signing.load_key(seals.person_key), seals.person_image),
        agency=signing.Signatory(seals.agency, signing.load_key(seals.agency_key), seals.agency_image),
        at=seals.at,
        language=Language(seals.language),
    )
    return prepared
