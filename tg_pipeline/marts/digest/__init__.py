"""The digest: a day or a week in a message and a picture, made of what the report knows."""
