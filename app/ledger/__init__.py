"""The SQL database: all that we remember."""
