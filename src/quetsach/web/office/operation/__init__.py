"""Whether the centre can work: its first steps, mail, signing and health on one page."""
