"""How answers are written on a page."""
