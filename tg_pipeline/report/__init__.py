"""The report page and the digest: rows of the marts → sections → HTML, or a chat message."""
