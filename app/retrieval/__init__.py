"""Finding passages: the same number for each party, blind to party names, in an order that anyone can recompute."""
