"""All that speaks Sage Intacct."""
