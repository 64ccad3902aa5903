"""The campaign office: units, letters, returns, publicity, people. A folder is a feature with all that is its own."""
