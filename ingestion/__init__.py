"""From published documents to passages and an index: everything that happens before an election opens."""
