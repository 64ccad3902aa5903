"""Bytes of one feed format in, tables of sightings and rejects out; one module a format."""
