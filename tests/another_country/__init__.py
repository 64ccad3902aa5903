"""An invented country, the smallest one that is whole: a real one begins with it."""

from pathlib import Path

COUNTRY = Path(__file__).parent / "country"
"""Its folder, as it stands in the data of a centre."""
