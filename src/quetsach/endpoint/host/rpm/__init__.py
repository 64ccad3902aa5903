"""The database of rpm, in the three forms that distributions have kept it in, read without rpm."""
