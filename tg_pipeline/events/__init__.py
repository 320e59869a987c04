"""The events queue: what its messages say, and how they are taken from it."""
