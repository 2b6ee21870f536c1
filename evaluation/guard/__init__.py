"""The guard's phrasings, and the suite that measures it on a frozen part."""
