"""What is sealed opens for its purpose and with the centre's own secret alone."""

from quetsach.web.office.encryption import key_for, seal, unseal


def test_a_sealed_text_comes_back_for_its_purpose_alone() -> None:
    sealed = seal("0912 345 678", purpose="contact")
    assert b"0912" not in sealed
    assert unseal(sealed, purpose="contact") == "0912 345 678"
    assert unseal(sealed, purpose="second-factor") is None


def test_another_centre_opens_nothing(settings) -> None:
    sealed = seal("0912 345 678", purpose="contact")
    settings.SECRET_KEY = "another"
    assert unseal(sealed, purpose="contact") is None


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert len({key_for("one"), key_for("two"), key_for("one")}) == 2
