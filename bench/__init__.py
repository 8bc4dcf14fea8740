"""The numbers POET claims, each measured beside its peer in one run."""
