"""The country whose machines are counted."""

from typing import Final

HOME: Final = "VN"
"""ISO 3166 code of the centre's own country: whatever is national is of it, in counts, coverage and simulations."""
