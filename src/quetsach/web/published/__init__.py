"""What a centre has published, and how it is read: the portal shows it, the interface hands it out."""
