"""What has to survive a crash: the state folder, sessions, their journals, sealed files."""
