"""Helpers for the tests of users and of plugin authors."""

from poet.testing import answers
from poet.testing.model_server import ModelServer, Received
from poet.testing.project import Done, Project

__all__ = ["Done", "ModelServer", "Project", "Received", "answers"]
