"""Bytes of feeds in, tables of sightings and rejects out: reports, how bytes become records, what these mean."""
