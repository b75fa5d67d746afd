"""The Salesforce package, piece by piece."""
