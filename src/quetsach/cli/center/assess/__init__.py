"""``quetsach center assess``: sightings to numbers, each with its definition."""
