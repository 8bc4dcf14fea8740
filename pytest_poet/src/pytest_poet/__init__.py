"""The pytest plugin of POET."""
