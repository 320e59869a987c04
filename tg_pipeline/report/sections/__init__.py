"""The sections of the page: each is a finding in words, with its charts and tables."""
