"""Fuzzing of every reader of hostile bytes: what is fed to each, and what each may refuse with."""
