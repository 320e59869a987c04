"""The command line: `tg-pipeline …`."""
