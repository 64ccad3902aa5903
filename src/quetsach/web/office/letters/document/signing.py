"""Signs letters: PAdES B-B, or B-T with a time stamp, by the person first and by the agency over it.

Both fields are there before the first signature, which certifies the letter and allows nothing but the second; the
second locks everything. So no later change is lawful, and ``verification`` takes none.
"""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from django.utils.translation import gettext_lazy as _
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
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from quetsach.web.office.letters.document.certificates import refuse_other_name
from quetsach.web.office.letters.document.letter import Language, SigningError
from quetsach.web.office.letters.document.pdf import (
    HAND_HEIGHT_MM,
    HAND_WIDTH_MM,
    SEAL_HEIGHT_MM,
    SEAL_WIDTH_MM,
    Printed,
    SignatureSpot,
    Stamp,
    hand,
    seal,
)

# Keys that sign letters: RSA or elliptic curves, from PKCS #12 files, opened once and held.

MOST_KEY_BYTES = 1 << 20


class SigningKey(SimpleSigner):
    """A signing key that is not read anew for each signature, which takes 0.2 s with RSA."""

    held: RSAPrivateKey | EllipticCurvePrivateKey

    @property
    def holder(self) -> str:
        """The name in the certificate; empty if it has none."""
        certificate = self.signing_cert
        return "" if certificate is None else str(certificate.subject.native.get("common_name", ""))

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        """Return the signature of some bytes."""
        algorithm = get_pyca_cryptography_hash(digest_algorithm)
        if isinstance(self.held, RSAPrivateKey):
            return self.held.sign(data, PKCS1v15(), algorithm)
        return self.held.sign(data, ECDSA(algorithm))


def load_key(content: bytes, passphrase: bytes | None = None) -> SigningKey:
    """Open a key with its certificates.

    Args:
        content: a PKCS #12 file.
        passphrase: what it is locked with.

    Raises:
        SigningError: not such a file, another pass phrase, or a key of another kind.
    """
    if len(content) > MOST_KEY_BYTES:
        raise SigningError(_("the file of the signing key is larger than %(most)s bytes") % {"most": MOST_KEY_BYTES})
    try:
        opened = SimpleSigner.load_pkcs12_data(content, (), passphrase)
        held, _certificate, _others = pkcs12.load_key_and_certificates(content, passphrase)
    except (ValueError, TypeError, AttributeError) as error:  # the last for a file without a key or certificate
        raise SigningError(
            _("the signing key cannot be opened"), hint=_("check the file and its pass phrase")
        ) from error
    if not isinstance(held, RSAPrivateKey | EllipticCurvePrivateKey):
        raise SigningError(_("the signing key is neither RSA nor of an elliptic curve"))
    key = SigningKey(
        signing_cert=opened.signing_cert, signing_key=opened.signing_key, cert_registry=opened.cert_registry
    )
    key.held = held
    return key


# Asks an authority for time stamps (RFC 3161 over HTTP), and believes only what answers the question.

STAMP_BYTES = 12_288
"""How large a time stamp may be: so much room is kept for it in a signature."""
PATIENCE_SECONDS = 5
# What an answer that is none ends in.
_BROKEN = (OSError, ValueError, TypeError, AttributeError, LookupError)


class TimeStampAuthority(HTTPTimeStamper):
    """An authority at an address.

    Args:
        url: where it answers, ``http`` or ``https``.
        user: with the password, how the centre makes itself known (basic authentication); empty: it does not.
        password: of the user.
    """

    def __init__(self, url: str, user: str = "", password: str = "") -> None:
        secret = b64encode(f"{user}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}"} if user else {}
        super().__init__(url, timeout=PATIENCE_SECONDS, headers=headers)

    def check(self) -> None:
        """Ask for a time stamp of nothing.

        Raises:
            SigningError: none comes.
        """
        asyncio.run(self.async_timestamp(bytes(32), "sha256"))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        """Return the time stamp of a digest, as asn1crypto's ``ContentInfo``.

        Raises:
            SigningError: the authority does not answer, refuses, or answers something else.
        """
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            imprint = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]
            is_answer = imprint["hashed_message"].native == message_digest and len(token.dump()) <= STAMP_BYTES
        except _BROKEN as error:
            raise _silent() from error
        if not is_answer:
            raise _silent()
        return token


def _silent() -> SigningError:
    return SigningError(
        _("the time stamping authority did not give a time stamp that can be used"),
        hint=_("nothing was issued; try again later, or have whoever runs the centre look at the time stamping server"),
    )


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
