"""The path of a question: read `pipeline.py` first."""
