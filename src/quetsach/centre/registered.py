"""What a campaign fixed before its start: the order of roll-out, the lot, the signed analysis; and how it was kept.

Each lies in the campaign's folder and is written once. A registration is signed by the key of this centre, made at the
first one; a signature by any other shows only that nobody changed it since.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quetsach import storage
from quetsach.assess.effect.fidelity import Fidelity, Flow, Note, fidelity_of, flow_of, planned_days, read_notes
from quetsach.assess.effect.grounds import OF_ANOTHER_SIGNER
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.registration import Registration, read_registration
from quetsach.assess.effect.roll_out import RollOut, read_roll_out
from quetsach.assess.estimate import Notice
from quetsach.assess.trial.registration import TrialRegistration, is_trial, read_trial
from quetsach.centre.tables import campaign_names
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.packs.keys import Phrase, read_private, read_public, write_pair

ROLL_OUT, LOT, REGISTRATION, FIDELITY = "roll-out.json", "lot.json", "registration.json", "fidelity"
WRITTEN_ONCE = Text("what was published before the start stays; a new campaign gets a new name")
KEY = "registration"


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """The newest record of a roll-out, and how far by it the order was kept."""

    order: RollOut
    notes: tuple[Note, ...]
    fidelity: Fidelity


def write_once(path: Path, content: bytes, refusal: LocalText) -> None:
    """Write a file that must not be there yet, whole.

    Raises:
        QuetsachError: it is there, or cannot be written.
    """
    try:
        storage.make_folder(path.parent)
        storage.write_once(path, content)
    except FileExistsError as error:
        raise InputError(refusal, where=str(path), hint=WRITTEN_ONCE) from error
    except OSError as error:
        raise QuetsachError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error


def refuse_campaign(folder: Path) -> None:
    """Refuse a folder that is a campaign's for a trial: each has one registration, and it lies there.

    Raises:
        InputError: a campaign of the centre or of its country has this name.
    """
    if (folder / ROLL_OUT).exists() or folder.name in campaign_names(folder.parents[1]):
        hint = Text("a trial has a name of its own, and its registration lies there")
        raise InputError(Text("this is the name of a campaign"), where=folder.name, hint=hint)


def refuse_trial(folder: Path) -> None:
    """Refuse a folder that is a trial's for a campaign.

    Raises:
        InputError: the lot of a trial was drawn there.
    """
    if (folder / LOT).exists():
        hint = Text("a campaign has a name of its own, and its registration lies there")
        raise InputError(Text("this is the name of a trial"), where=folder.name, hint=hint)


def order_of(folder: Path) -> RollOut | None:
    """Return the order of roll-out that was drawn for the campaign of a folder; ``None`` where none was.

    Raises:
        QuetsachError: it is damaged.
    """
    path = folder / ROLL_OUT
    return read_roll_out(storage.read_input(path), where=str(path)) if path.exists() else None


def begins_of(registration: Registration, folder: Path) -> dict[str, date | None]:
    """Return the day on which each registered unit began by the order that was drawn; ``None`` for a control.

    Raises:
        QuetsachError: the order is damaged, or not the one that was registered.
    """
    begins: dict[str, date | None] = dict.fromkeys(registration.controls)
    if registration.order:
        path = folder / ROLL_OUT
        order = read_roll_out(storage.read_input(path), where=str(path))
        if order.digest != registration.roll_out:
            raise InputError(Text("the order of roll-out is not the one that was registered"), where=str(path))
        if registration.strata and order.strata != registration.strata:
            what = Text("the strata that were registered are not those that the order was drawn within")
            raise InputError(what, where=str(path), hint=Text("restore the registration that was signed"))
        order.refuse_before(registration.start, where=str(path))
        begins |= planned_days(order)
    return begins


def registered(folder: Path) -> Registration | None:
    """Return the registered analysis that lies with a campaign, its signature checked; ``None`` where there is none.

    The registration of a trial that was given the campaign's name is none of it.
    """
    path = folder / REGISTRATION
    if not path.exists():
        return None
    content = storage.read_input(path)
    return None if is_trial(content) else _opened(content, path)[0]


def read_registered(path: Path) -> Registration:
    """Read a registration and check its signature; who signed it is looked at where its panel is counted.

    Raises:
        QuetsachError: it is damaged, was changed after it was signed, or is that of a trial.
    """
    content = storage.read_input(path)
    if is_trial(content):
        hint = "quetsach center assess effect --panel OUTCOMES --registration FILE"
        raise InputError(Text("this is the registration of a trial: it has no panel"), where=str(path), hint=hint)
    return _opened(content, path)[0]


def not_ours(campaign: str, digest: str, data: Path) -> tuple[Notice, ...]:
    """Say so where a registration is not the one that this centre signed and keeps with the campaign.

    A signature alone shows nothing: anybody can make a key, and sign today what bears an earlier day.
    """
    path = data / "campaigns" / campaign / REGISTRATION
    if path.exists():
        kept, key = _read_signed(path)
        if kept.digest == digest and key == _kept_public_key(data / "campaigns" / "keys"):
            return ()
    return (OF_ANOTHER_SIGNER,)


def kept_record(folder: Path, registration: Registration | None = None) -> KeptRecord | None:
    """Return the newest record of the order of a campaign; ``None`` where nothing was recorded.

    Raises:
        QuetsachError: the order or the record was damaged.
    """
    records = sorted((folder / FIDELITY).glob("*.csv"))
    order = order_of(folder)
    if order is None or not records or (registration and registration.roll_out != order.digest):
        return None
    notes = read_notes(storage.read_input(records[-1]), order, where=str(records[-1]))
    if not notes:
        return None
    last = max(note.noted for note in notes)
    end = min(last, registration.after.last) if registration else last
    return KeptRecord(order, notes, fidelity_of(order, notes, last=end))


def kept_flow(folder: Path, registration: Registration, panel: Panel) -> Flow | None:
    """Return the flow of the units of a registered roll-out into a panel; ``None`` where no order was registered.

    Raises:
        QuetsachError: the order or the record was damaged.
    """
    order = order_of(folder)
    if order is None or order.digest != registration.roll_out:
        return None
    record = kept_record(folder, registration)
    return flow_of(order, panel, record.fidelity if record else None)


def registration_key(folder: Path, phrase: Phrase) -> Ed25519PrivateKey:
    """Return the key that registrations are signed with; made, without a pass phrase, if there is none in a folder.

    Raises:
        QuetsachError: it cannot be read, opened or written.
    """
    path = folder / f"{KEY}.pem"
    if not path.exists():
        try:
            storage.make_folder(folder)
            write_pair(folder, KEY, Ed25519PrivateKey.generate(), "")
        except OSError as error:
            raise QuetsachError(
                Text("the key cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path)
            ) from error
    return read_private(path, phrase)


def is_signed_by(public_key: bytes, signature: bytes, content: bytes) -> bool:
    """Say whether a signature of some content is by a public key (Ed25519, 32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _kept_public_key(folder: Path) -> bytes | None:
    path = folder / f"{KEY}.pub"
    return bytes.fromhex(read_public(path).keyval["public"]) if path.exists() else None


def _read_signed(path: Path) -> tuple[Registration | TrialRegistration, bytes]:
    """Return a registration of either kind, its signature checked, and the public key that it is signed by.

    Raises:
        QuetsachError: it is damaged, or was changed after it was signed.
    """
    content = storage.read_input(path)
    return read_trial(content, where=str(path), verify=is_signed_by) if is_trial(content) else _opened(content, path)


def _opened(content: bytes, path: Path) -> tuple[Registration, bytes]:
    return read_registration(content, where=str(path), verify=is_signed_by)
