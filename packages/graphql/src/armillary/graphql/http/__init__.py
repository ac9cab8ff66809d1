"""GraphQL over HTTP: requests, negotiation, responses, the page."""
