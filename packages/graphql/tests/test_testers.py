"""The test helpers, sync and async."""

from __future__ import annotations

import pytest
import strawberry

from armillary.graphql import AsyncGraphQLTester, GraphQL, GraphQLTester, OperationFailed
from armillary.testing import AsyncTestClient, TestClient


def test_data_is_returned_and_errors_are_raised(schema: strawberry.Schema) -> None:
    tester = GraphQLTester(TestClient(GraphQL(schema)), "/")
    assert tester.query("query ($n: String!) { hello(name: $n) }", {"n": "Vega"}) == {"hello": "hello Vega"}
    with pytest.raises(OperationFailed, match="You may not") as failed:
        tester.query("{ hello forbidden }")
    assert failed.value.data == {"hello": "hello world", "forbidden": None}
    assert "errors" in tester.execute("{ forbidden }")
    with tester.subscribe("subscription { nothing }") as results, pytest.raises(OperationFailed, match="nothing"):
        next(results)


@pytest.mark.anyio
async def test_the_async_tester_does_the_same(schema: strawberry.Schema) -> None:
    async with AsyncTestClient(GraphQL(schema)) as client:
        tester = AsyncGraphQLTester(client, "/")
        assert await tester.query("{ hello }") == {"hello": "hello world"}
        with pytest.raises(OperationFailed, match="You may not"):
            await tester.query("{ forbidden }")
        async with tester.subscribe("subscription { params }", connection_params={"a": 1}) as results:
            assert [result async for result in results] == [{"params": "{'a': 1}"}]
