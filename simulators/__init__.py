"""Both remote systems as runnable servers, so that Ledgerline can be tried and tested with no account."""
