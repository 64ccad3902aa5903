"""The interface for programs: tool reports in, open data out."""
