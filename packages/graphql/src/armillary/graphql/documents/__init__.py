"""Documents: parsed, measured and validated once, persisted, trusted."""
