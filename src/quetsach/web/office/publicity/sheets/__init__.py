"""Posters, leaflets, cards and banners: templates for Typst, their fonts, and the one compiler that sets them."""
