"""A server of the Model Context Protocol: a language model asks the lake in SQL.

https://modelcontextprotocol.io/specification
"""
