"""The processes behind the web: worker, ticker, and the supervisor that keeps them running."""
