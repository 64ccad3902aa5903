"""A build with one language more, which is nothing but folders: ``build`` makes it, ``driver`` looks round in it."""
