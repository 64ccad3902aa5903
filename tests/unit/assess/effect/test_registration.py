import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from tests.unit.assess.effect.panels import noisy, panel_of

from quetsach.assess.effect import Counted, Design, Method, Scale
from quetsach.assess.effect.grounds import basis_departures, departures
from quetsach.assess.effect.registration import NoiseSource, Power, Registration, read_registration, seal
from quetsach.assess.estimate import AssessError
from quetsach.core.period import Period

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
REGISTERED = Registration(
    campaign="demo",
    start=date(2027, 5, 3),
    before=Period(date(2027, 4, 1), date(2027, 4, 28)),
    after=Period(date(2027, 7, 1), date(2027, 7, 28)),
    design=Design(Method.CITS, Scale.LOG, ramp=60),
    target=0.5,
    controls=tuple(f"u{n}" for n in range(1, 13)),
    feeds=("own/sinkhole",),
    families=(("mirai", 1.0), ("necurs", 0.5)),
    network="2027-04-01.abcdef12",
    order=(),
    roll_out="",
    registered_at=datetime(2027, 4, 20, 3, tzinfo=UTC),
)


def verify(key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sealed(registration: Registration = REGISTERED) -> bytes:
    return seal(registration, public_key=PUBLIC, sign=KEY.sign)


def test_a_registration_is_read_as_it_was_signed() -> None:
    assert read_registration(_sealed(), where="x", verify=verify) == (REGISTERED, PUBLIC)


def test_a_registration_of_before_units_were_weighed_is_read_with_the_digest_that_it_was_published_with() -> None:
    """The digest is of the version of November 2026."""
    old = replace(REGISTERED, form=1)
    assert old.digest == "db0bb5beb33fc6f44344a50b5e20eb8bf4f8ecb2a8f815fc41fee278ca932ea1"
    assert not {"counted", "form", "power"} & old.content().keys()
    assert read_registration(_sealed(old), where="x", verify=verify) == (old, PUBLIC)


@pytest.mark.parametrize(
    "design",
    [
        replace(REGISTERED.design, counted=Counted.SIZE),
        replace(REGISTERED.design, spill_over=0.2),
    ],
)
def test_every_setting_of_the_analysis_is_signed(design: Design) -> None:
    planned = replace(REGISTERED, design=design)
    assert planned.digest != REGISTERED.digest
    assert read_registration(_sealed(planned), where="x", verify=verify)[0] == planned
    with pytest.raises(AssessError, match="cannot say this"):
        replace(planned, form=1)


def test_covariates_that_no_counted_panel_has_are_not_registered() -> None:
    with pytest.raises(AssessError, match="no verdict can come of covariates"):
        _sealed(replace(REGISTERED, design=Design(Method.SDID, Scale.LOG, covariates=("income",))))


def test_what_the_plan_could_find_is_signed() -> None:
    power = Power(0.5, 0.83, {80: 0.47, 90: None}, 0.2, 0.5, NoiseSource.STATED, 400, ("few-units-apart",))
    planned = replace(REGISTERED, power=power)
    assert planned.digest != REGISTERED.digest
    assert read_registration(_sealed(planned), where="x", verify=verify)[0].power == power


def test_what_is_signed_does_not_depend_on_how_it_was_written() -> None:
    turned = replace(REGISTERED, families=REGISTERED.families[::-1])
    assert turned.canonical() == REGISTERED.canonical()


def test_a_series_with_so_few_controls_that_no_verdict_can_come_of_it_is_not_registered() -> None:
    assert _sealed(replace(REGISTERED, controls=REGISTERED.controls[:10]))
    with pytest.raises(AssessError, match="9 controls"):
        _sealed(replace(REGISTERED, controls=REGISTERED.controls[:9]))


@pytest.mark.parametrize("moment", [datetime(2027, 5, 3, tzinfo=UTC), datetime(2027, 8, 1, tzinfo=UTC)])
def test_nothing_is_registered_after_the_start(moment: datetime) -> None:
    with pytest.raises(AssessError, match="only before"):
        _sealed(replace(REGISTERED, registered_at=moment))


@pytest.mark.parametrize(
    "change", [{"method": "did"}, {"target": 0.2}, {"controls": ["u1"]}, {"ramp": 30}, {"more": 1}]
)
def test_a_changed_registration_is_refused(change: dict[str, object]) -> None:
    sealed = json.loads(_sealed())
    sealed["registration"] |= change
    with pytest.raises(AssessError):
        read_registration(json.dumps(sealed).encode(), where="x", verify=verify)


def test_a_registration_signed_by_another_key_than_it_names_is_refused() -> None:
    sealed = json.loads(_sealed()) | {"public_key": bytes(32).hex()}
    with pytest.raises(AssessError, match="changed"):
        read_registration(json.dumps(sealed).encode(), where="x", verify=verify)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"registration": []}', b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(AssessError, match="not a registration"):
        read_registration(content, where="x", verify=verify)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"after": Period(date(2027, 7, 1), date(2027, 7, 30))}, "not equally long"),
        ({"start": date(2027, 4, 10)}, "does not lie between"),
        ({"target": 1.0}, "target"),
        ({"design": Design(Method.WEDGE)}, "order"),
    ],
)
def test_a_plan_that_compares_unlike_things_is_refused(changes: dict[str, object], what: str) -> None:
    with pytest.raises(AssessError, match=what):
        replace(REGISTERED, **changes)


def test_the_registered_analysis_does_not_depart() -> None:
    panel = panel_of(noisy(13, 40), [25] + [40] * 12)
    assert departures(REGISTERED, panel=panel, design=REGISTERED.design, target=0.5) == ()


def test_every_departure_is_named_in_both_languages() -> None:
    panel = panel_of(noisy(8, 40), [25] + [40] * 7)
    found = departures(REGISTERED, panel=panel, design=Design(Method.DID, Scale.LEVEL, seed=7), target=0.4)
    codes = {notice.code.removeprefix("departs-in-") for notice in found}
    assert codes == {"method", "scale", "ramp", "seed", "target", "controls"}
    assert all(notice.text.vi != notice.text.en for notice in found)


def test_an_order_that_was_not_kept_is_named() -> None:
    starts = [4, 4, 7, 7]
    order = (("u0", "u1"), ("u2", "u3"))
    registered = replace(REGISTERED, design=Design(Method.WEDGE), order=order, roll_out="1" * 64)
    kept, broken = (panel_of(np.ones((4, 9)), order) for order in (starts, [4, 7, 4, 7]))
    design = registered.design
    assert departures(registered, panel=kept, design=design, target=0.5) == ()
    (notice,) = departures(registered, panel=broken, design=design, target=0.5)
    assert notice.code == "departs-in-order"
    assert notice.text.en.endswith("2 units did not begin in the step that was drawn (u1, u2).")


def test_controls_that_are_only_missing_are_told_as_that() -> None:
    (notice,) = departures(
        replace(REGISTERED, controls=(*REGISTERED.controls, "u99")),
        panel=panel_of(noisy(13, 40), [25] + [40] * 12),
        design=REGISTERED.design,
        target=0.5,
    )
    assert notice.text.en == "Not as registered: controls (registered: −u99; used: –)."


def test_what_the_panel_was_made_from_is_compared_too() -> None:
    kept = {
        "before": REGISTERED.before,
        "after": REGISTERED.after,
        "feeds": REGISTERED.feeds,
        "families": dict(REGISTERED.families),
        "network": REGISTERED.network,
    }
    assert basis_departures(REGISTERED, **kept) == ()
    other = {
        "before": REGISTERED.after,
        "after": REGISTERED.before,
        "feeds": ("shadowserver/event4_sinkhole",),
        "families": {"mirai": 0.5, "necurs": 0.5},
        "network": "2027-06-01.00000000",
    }
    for name, value in other.items():
        (notice,) = basis_departures(REGISTERED, **kept | {name: value})
        assert notice.code == f"departs-in-{name}"


def test_an_interrupted_series_is_not_registered_without_its_ramp() -> None:
    with pytest.raises(AssessError, match="needs its ramp"):
        replace(REGISTERED, design=Design(Method.CITS, Scale.COUNT))


def test_a_method_without_ramp_is_registered_without_one() -> None:
    registered = replace(REGISTERED, design=Design(Method.DID))
    assert read_registration(_sealed(registered), where="x", verify=verify)[0].design.ramp is None


WEDGE = replace(
    REGISTERED,
    design=Design(Method.WEDGE),
    order=(("u1", "u4"), ("u2", "u3")),
    roll_out="1" * 64,
    controls=(),
    strata=(("u1", "u2"), ("u3", "u4")),
)


def test_what_the_order_was_drawn_within_is_signed() -> None:
    assert read_registration(_sealed(WEDGE), where="x", verify=verify)[0] == WEDGE
    free = replace(WEDGE, strata=())
    assert free.digest != WEDGE.digest
    assert "strata" not in free.content()
    with pytest.raises(AssessError, match="cannot say this"):
        replace(WEDGE, form=1)


@pytest.mark.parametrize("strata", [(("u1", "u2"),), (("u1", "u2"), ("u2", "u3", "u4")), (("u1", "u2", "u3", "x"),)])
def test_strata_that_are_not_of_the_order_are_refused(strata: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(AssessError, match="each unit of the order"):
        replace(WEDGE, strata=strata)
