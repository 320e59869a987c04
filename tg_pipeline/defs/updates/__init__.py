"""The updates domain: the layers as assets, and what decides when a day of them is built."""
