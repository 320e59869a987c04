"""The lake in Athena: its tables in the Glue catalog, and its questions as saved queries."""
