"""The table of ``bench/validate.py campaigns``, in its short version: one campaign that halves, one without effect."""

from bench.validation import campaigns


def test_the_interval_holds_what_the_campaign_did() -> None:
    missed = [row for row in campaigns.rows(short=True, seed=2020) if not row.passed]
    assert missed == []
