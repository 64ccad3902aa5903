"""A country of machines: hosts, lines and leases, families, sinkholes, a campaign; its truth is known to the second."""
