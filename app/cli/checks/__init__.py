"""What `ledgerline doctor` looks at, each part for itself. Nothing is written anywhere."""
