"""The match engines, behind one port."""
