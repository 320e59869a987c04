"""The report: what the marts say, as one page that a person opens and reads."""
