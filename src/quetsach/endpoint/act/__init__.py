"""Doing what a plan says, looking again, and taking it back."""
