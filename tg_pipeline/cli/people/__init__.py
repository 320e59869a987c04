"""Commands for what is stored about a person: exporting and erasing it."""
