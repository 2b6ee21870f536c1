"""The words of the house: frozen types that every other package speaks in.

Standard library and pydantic only. Nothing here reads a file, a clock or the environment,
so a value of these types means the same on every machine.
"""
