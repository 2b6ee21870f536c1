"""A tamper-evident log in the formats of C2SP: written here, checked by anybody's tools.

Promise: this package imports nothing else of the project, so an auditor can read it alone, in this order:
`merkle`, `notes`, `checkpoints`, `tiles`, `proofs`, `policy`, `writer`, `verify`, `archive`.
"""
