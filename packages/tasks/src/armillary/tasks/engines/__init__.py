"""One module for each engine, imported when a URL names it."""
