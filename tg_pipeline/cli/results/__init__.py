"""Commands that read the tables: the report, the digest, SQL, Athena."""
