"""The lake in Athena: its tables in the Glue catalog, and saved queries."""
