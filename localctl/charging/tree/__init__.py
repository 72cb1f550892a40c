"""The site's topology: what hangs on what, whether it holds together, how it is drawn, and its rows of limits."""
