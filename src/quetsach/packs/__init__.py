"""Detection and removal content: load, check, build, sign, publish, update (TUF)."""
