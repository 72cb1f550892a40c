"""One picture of the site for page, API, command line and metrics (P5)."""
