"""A mixed load for minutes, on every server, with clients that leave, read slowly or say nothing; what grows fails."""
