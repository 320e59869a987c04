"""The events queue: the form of its messages, and how they are received and deleted."""
