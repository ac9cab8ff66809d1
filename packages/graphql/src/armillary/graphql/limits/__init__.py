"""The limits on what clients request, and how they are counted."""
