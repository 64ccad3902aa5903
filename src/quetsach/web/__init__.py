"""The centre's public face: portal, API, signed repository (Django)."""
