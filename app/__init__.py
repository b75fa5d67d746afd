"""Ledgerline keeps Salesforce and Sage Intacct in agreement about money."""

__version__ = "0.1.0"
