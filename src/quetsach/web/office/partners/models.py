"""Bulk reports of partner vendors, shown apart."""
