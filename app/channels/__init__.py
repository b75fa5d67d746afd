"""Inbound wire formats: authenticate, parse to notices, acknowledge. Pure."""
