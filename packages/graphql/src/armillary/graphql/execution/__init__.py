"""Running operations of a Strawberry schema, independent of the transport."""
