"""Packs for everybody wait here until a second person agrees; keys then sign exactly what was agreed to."""
