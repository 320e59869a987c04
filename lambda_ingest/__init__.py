"""Ingestion: an update comes in, one object goes out to the landing zone. The entire Lambda."""
