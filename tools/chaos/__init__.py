"""Databases and brokers stopped, frozen, cut off, slow and silent under the examples, whose totals have to add up."""
