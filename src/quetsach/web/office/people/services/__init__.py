"""Changes of people: invitations, duties, leaving. Power is checked here, and what is done is logged."""
