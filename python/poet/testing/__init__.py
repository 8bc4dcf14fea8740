"""Helpers for the tests of users and of plugin authors."""

from poet.testing.project import Done, Project

__all__ = ["Done", "Project"]
