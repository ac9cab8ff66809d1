"""The bookshelf of the example, with one event stream for many operations."""

from __future__ import annotations

from armillary.graphql import GraphQL
from examples.graphql.app import schema

app = GraphQL(schema, single_connection=True, ide=True, uploads=True, batching=True)
