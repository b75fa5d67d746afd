"""`make bench`: what Ledgerline does in a second, beside yardsticks that are measured in the same run."""
