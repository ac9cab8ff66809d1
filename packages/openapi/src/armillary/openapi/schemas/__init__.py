"""JSON Schema 2020-12 of Python types, with shared types among a document's components."""
