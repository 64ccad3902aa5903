"""Takes requests in for Django: whole, in time and within bounds, before one of its few threads is given."""
