"""Results over WebSockets, in both subprotocols."""
