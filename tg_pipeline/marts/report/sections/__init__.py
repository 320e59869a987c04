"""The sections of the page: each a finding in words, and the charts and tables it rests on."""
