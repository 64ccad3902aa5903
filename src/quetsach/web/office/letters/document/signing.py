"""Signs letters: PAdES B-B, or B-T with a time stamp, by the person first and by the agency over it.

Both fields are there before the first signature, which certifies the letter and allows nothing but the second; the
second locks everything. So no later change is lawful, and ``verification`` takes none.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from uuid import uuid4

from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle

from quetsach.web.office.letters.document.certificates import refuse_other_name
from quetsach.web.office.letters.document.keys import SigningKey
from quetsach.web.office.letters.document.letter import Language
from quetsach.web.office.letters.document.printed import Printed, SignatureSpot
from quetsach.web.office.letters.document.stamp import (
    HAND_HEIGHT_MM,
    HAND_WIDTH_MM,
    SEAL_HEIGHT_MM,
    SEAL_WIDTH_MM,
    Stamp,
    hand,
    seal,
)
from quetsach.web.office.letters.document.timestamp import STAMP_BYTES

PERSON_FIELD = "Person"
AGENCY_FIELD = "Agency"
_PAGE_HEIGHT_MM = 297.0
_POINTS_A_MM = 72 / 25.4
_PDF = (1, 7)
# Where the stamps lie against the gap between title and name: the hand inside it, the seal over the hand's left third,
# as high as the gap is, so that it covers neither title nor name.
_HAND_BELOW_SPOT_MM = 0.5
_SIGNATURE_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: the name that is shown, the key with its certificates, and the picture of the signature or seal."""

    name: str
    key: SigningKey
    image: bytes | None = None


@dataclass(frozen=True, slots=True)
class Signatures:
    """Both signatures at one time, prepared once for any number of copies."""

    person: Signatory
    agency: Signatory
    at: datetime
    hand: Stamp
    seal: Stamp
    timestamper: TimeStamper | None = None

    @classmethod
    def prepare(
        cls,
        *,
        person: Signatory,
        agency: Signatory,
        at: datetime,
        language: Language = Language.VIETNAMESE,
        timestamper: TimeStamper | None = None,
    ) -> "Signatures":
        """Draw what will be seen.

        Args:
            person: who signs.
            agency: whose seal.
            at: the time that both signatures claim; with a time zone.
            language: of the words under the pictures.
            timestamper: a time stamping authority; with one the signatures are B-T, else B-B.

        Raises:
            SigningError: the key is of another person, or a picture or a name cannot be shown.
        """
        refuse_other_name(person.key.holder, person.name)
        return cls(
            person,
            agency,
            at,
            hand(name=person.name, at=at, image=person.image),
            seal(agency=agency.name, at=at, image=agency.image, language=language),
            timestamper,
        )

    def put_on(self, letter: Printed) -> bytes:
        """Return the letter with both signatures."""
        hand_box, seal_box = _boxes(letter.spot)
        writer = _Revision(BytesIO(letter.content))
        page = letter.spot.page - 1
        append_signature_field(writer, SigFieldSpec(PERSON_FIELD, on_page=page, box=hand_box))
        lock = FieldMDPSpec(FieldMDPAction.ALL)
        append_signature_field(
            writer,
            SigFieldSpec(
                AGENCY_FIELD, on_page=page, box=seal_box, field_mdp_spec=lock, doc_mdp_update_value=MDPPerm.NO_CHANGES
            ),
        )
        certifying = PdfSignatureMetadata(
            PERSON_FIELD,
            name=self.person.name,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.FILL_FORMS,
        )
        signed = self._signed(writer, certifying, self.person.key, self.hand)
        sealing = PdfSignatureMetadata(
            AGENCY_FIELD,
            name=self.agency.name,
            subfilter=SigSeedSubFilter.PADES,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        return self._signed(_Revision(signed), sealing, self.agency.key, self.seal).getvalue()

    def _signed(
        self, writer: IncrementalPdfFileWriter, metadata: PdfSignatureMetadata, key: SigningKey, stamp: Stamp
    ) -> BytesIO:
        style = StaticStampStyle(
            border_width=0,
            background=_Drawn(stamp),
            background_opacity=1.0,
            background_layout=SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID),
        )
        signer = _DatedSigner(metadata, key, timestamper=self.timestamper, stamp_style=style)
        signer.at = self.at
        signed: BytesIO = signer.sign_pdf(writer, existing_fields_only=True, bytes_reserved=self._room(key))
        return signed

    def _room(self, key: SigningKey) -> int:
        """Return the hexadecimal digits to keep free; pyHanko would sign twice to find out."""
        certificates = sum(len(certificate.dump()) for certificate in key.cert_registry)
        stamp = 0 if self.timestamper is None else STAMP_BYTES
        return 2 * (certificates + _SIGNATURE_BYTES + stamp)


class _Revision(IncrementalPdfFileWriter):
    """Leaves what archives know their kind of file by as the printer wrote it: the metadata, and PDF 1.7.

    pyHanko would call a file with a signature by elliptic curves PDF 2.0, which no PDF/A-2 is.
    """

    def _update_meta(self) -> None:
        pass

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        super().ensure_output_version(min(version, _PDF))  # type: ignore[no-untyped-call]

    def register_extension(self, ext: DeveloperExtension) -> None:
        if ext.base_version == "/1.7":
            super().register_extension(ext)


class _DatedSigner(PdfSigner):
    """Claims the time it is given instead of the machine's."""

    at: datetime

    def init_signing_session(
        self,
        pdf_out: BasePdfFileWriter,
        existing_fields_only: bool = False,  # noqa: FBT001, FBT002 (its parent's)
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.at
        return session


class _Drawn(PdfContent):
    """The page of a stamp as part of the letter, with its fonts."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__(box=BoxConstraints(stamp.width_mm * _POINTS_A_MM, stamp.height_mm * _POINTS_A_MM))
        self._content = stamp.content

    def render(self) -> bytes:
        name = f"/Stamp{uuid4().hex}"
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self._content)))
        self.resources.xobject[name] = page
        return f"{name} Do".encode()


def _boxes(spot: SignatureSpot) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    hand_left = spot.x_mm - HAND_WIDTH_MM / 2
    seal_left = hand_left + HAND_WIDTH_MM / 3 - SEAL_HEIGHT_MM
    return (
        _box(hand_left, spot.y_mm + _HAND_BELOW_SPOT_MM, HAND_WIDTH_MM, HAND_HEIGHT_MM),
        _box(seal_left, spot.y_mm, SEAL_WIDTH_MM, SEAL_HEIGHT_MM),
    )


def _box(left_mm: float, top_mm: float, width_mm: float, height_mm: float) -> tuple[int, int, int, int]:
    """From the top left in millimetres to the corners in points from the bottom left."""
    bottom_mm = _PAGE_HEIGHT_MM - top_mm - height_mm
    edges = (left_mm, bottom_mm, left_mm + width_mm, bottom_mm + height_mm)
    left, bottom, right, top = (round(edge * _POINTS_A_MM) for edge in edges)
    return left, bottom, right, top
