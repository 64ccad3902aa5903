"""Writes a report into a folder: pages and PDF in the country's languages, the data annex, and the checksums of all."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.web import design
from quetsach.web.evaluation.annex import annex_files
from quetsach.web.evaluation.document import Evaluation
from quetsach.web.evaluation.page import render_page
from quetsach.web.evaluation.paper import typeset

LANGUAGES = tuple(code for code, _ in settings.LANGUAGES)
STEPS = 2 * len(LANGUAGES) + 1
"""How often ``evaluation_write`` tells its progress."""

_LOOKS = (
    "style.css",
    "icon.svg",
    "fonts/noto-sans-latin.woff2",
    "fonts/noto-sans-vietnamese.woff2",
    "fonts/LICENSE-noto-sans.txt",
)


def evaluation_write(
    evaluation: Evaluation, folder: Path, *, progress: Callable[[int], None] = lambda _steps: None
) -> tuple[Path, ...]:
    """Write the report; return its files. A folder that holds another report of it is written over, file by file.

    What the other report listed and this one does not have is removed: a table of an old analysis stands beside no new
    report.

    Raises:
        QuetsachError: the folder cannot be written, or the PDF cannot be set.
    """
    written, sums = [], []
    try:
        old = _listed(folder / "SHA256SUMS")
        for path, content in _files(evaluation, progress):
            file = folder / path
            storage.make_folder(file.parent, mode=storage.SHARED_FOLDER)
            storage.write(file, content, mode=storage.SHARED)
            written.append(file)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
        storage.write(folder / "SHA256SUMS", "".join(sorted(sums)), mode=storage.SHARED)
        for path in old:
            if (stale := folder / path) not in written and folder.resolve() in stale.resolve().parents:
                stale.unlink(missing_ok=True)
    except OSError as error:
        raise QuetsachError(
            f"the report cannot be written: {error.strerror}",
            where=str(error.filename or folder),
            hint="name another folder with --out",
        ) from error
    return (*written, folder / "SHA256SUMS")


def _listed(sums: Path) -> tuple[str, ...]:
    """Return the files that a list of checksums names; none where there is no list."""
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return ()
    return tuple(path for line in lines if (path := line.partition("  ")[2]))


def _files(evaluation: Evaluation, progress: Callable[[int], None]) -> Iterator[tuple[str, bytes]]:
    for language in LANGUAGES:
        yield f"evaluation.{language}.html", render_page(evaluation, language).encode()
        progress(1)
        yield f"evaluation.{language}.pdf", typeset(evaluation, language)
        progress(1)
    yield from annex_files(evaluation)
    progress(1)
    looks = Path(design.__file__).parent / "static" / "design"
    for name in _LOOKS:
        yield f"looks/{name}", (looks / name).read_bytes()
    yield "looks/report.css", (Path(__file__).parent / "looks" / "report.css").read_bytes()
