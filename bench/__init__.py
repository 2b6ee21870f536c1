"""Measurements of the service against what a user would otherwise assemble; see README.md in this folder."""
