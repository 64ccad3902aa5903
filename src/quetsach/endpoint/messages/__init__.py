"""What the endpoint tool says in several places: steps, refusals, evidence, errors; and in which languages."""

LANGUAGES = ("vi", "en")
"""The languages there are texts in; the first is the default."""
