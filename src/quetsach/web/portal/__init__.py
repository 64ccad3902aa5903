"""The public portal: pages, the check of the visitor's own address, published figures."""
