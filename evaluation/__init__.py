"""Measuring the service against labels written from the documents alone; the exit code is a gate against regression."""
