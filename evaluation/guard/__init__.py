"""The guard's phrasings, the training of its classifier, and the suite that measures it."""
