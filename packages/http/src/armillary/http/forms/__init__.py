"""Forms: parsing, limits, and the fields and files they hold."""
