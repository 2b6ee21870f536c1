"""Measuring the service against labels written from the documents alone; the exit code is the gate."""
