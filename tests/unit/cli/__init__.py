"""The command line without a subprocess."""
