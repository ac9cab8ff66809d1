"""Results and errors as they are sent."""
