"""The one warm Typst compiler of a template: fonts of this package alone, no packages, one caller at a time."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.letters.document.errors import DocumentError

FONTS = Path(__file__).parent / "fonts"

type Standard = Literal["a-2a", "a-2b", "ua-1"]


@dataclass(frozen=True, slots=True)
class Typesetter:
    """Sets one template of this folder again and again; a warm compiler takes a tenth of a cold one's time."""

    _compiler: typst.Compiler
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: int = field(default_factory=os.getpid)

    def pdf(
        self, inputs: Mapping[str, str], *, standards: Sequence[Standard], at: datetime, label: str = ""
    ) -> tuple[bytes, str]:
        """Return the PDF, and as JSON the list of the values that the template marked with a label.

        Raises:
            DocumentError: the values cannot be set, most often because the font lacks a sign.
        """
        if os.getpid() != self._process:  # its threads stayed behind: it would wait for them for ever
            raise DocumentError("a process that was forked off one that sets letters sets none", hint="spawn it")
        with self._lock:
            try:
                content: Any = self._compiler.compile(
                    format="pdf",
                    sys_inputs=dict(inputs),
                    pdf_standards=list(standards),
                    timestamp=at,
                    pdf_tags="ua-1" in standards,
                )
                return content, self._compiler.query(label, field="value") if label else "[]"
            except RuntimeError as error:  # TypstError of compiling, its parent of querying
                raise DocumentError(
                    _("the letter cannot be printed: %(reason)s") % {"reason": str(error)[:300]},
                    hint=_("change the text"),
                ) from error


@cache
def typesetter(template: str) -> Typesetter:
    """Return the compiler of a template, by the name of its file."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    path = FONTS.parent / template
    return Typesetter(typst.Compiler(path, root=path.parent, font_paths=fonts))
