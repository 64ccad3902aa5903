"""What Windows has in its registry from the factory and malware removes as a whole: keys of safe mode, and services."""
