"""Rules of a campaign: what it declared, its windows, its targets."""
