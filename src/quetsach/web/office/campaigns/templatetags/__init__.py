"""How plans and boards are drawn and written."""
