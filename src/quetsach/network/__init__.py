"""From an address to its prefix, AS, ISP and province, by dated tables."""
