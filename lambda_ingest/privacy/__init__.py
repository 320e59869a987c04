"""Forgotten people and data minimization: what is left of an update before it is stored."""
