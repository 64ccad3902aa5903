"""Sightings at rest: land, commit, deduplicate, query (DuckDB over Parquet)."""
