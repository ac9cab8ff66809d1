"""A bank: an HTML page, a JSON resource and a GraphQL mutation over the same transactions.

It keeps its accounts in `bank.db`, or the database that BANK_DATABASE names, such as postgresql://user:password@host/name.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeGuard

import strawberry
from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType]
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from armillary.graphql import GraphQL, GraphQLContext
from armillary.injection import Injection, InjectionMiddleware, inject
from armillary.sqlalchemy import (
    Database,
    Outbox,
    OutboxMessage,
    ReadinessEndpoint,
    Relay,
    TransactionMiddleware,
    TransactionRetry,
    database_session,
    handle_constraint_violation,
    transaction,
    transactional,
)
from armillary.web import (
    Armillary,
    FileResponse,
    HTTPException,
    Jinja2Templates,
    JSONResponse,
    Middleware,
    RedirectResponse,
    Request,
    Response,
    Route,
)
from examples.bank.accounts import Bank, Base, TransferRejected, open_first_accounts

database = Database(os.environ.get("BANK_DATABASE", "sqlite:///bank.db"), metadata=Base.metadata)
outbox = Outbox(database, table="bank_outbox", metadata=Base.metadata)
PAGES = Path(__file__).parent / "pages"
templates = Jinja2Templates(PAGES)
logger = logging.getLogger("bank")


class Services(Provider):
    """What endpoints and resolvers are given: the bank, in the transaction of their request."""

    bank = provide(Bank, scope=Scope.REQUEST)

    @provide(scope=Scope.APP)
    def outbox(self) -> Outbox:
        return outbox

    @provide(scope=Scope.REQUEST)
    def session(self, request: Request) -> AsyncSession:
        return database_session(request)


async def home(request: Request) -> Response:
    return await page(request)


async def page(request: Request, error: str = "", status_code: int = 200) -> Response:
    async with transaction(request, read_only=True) as own:
        accounts = await Bank(own, outbox).accounts()
    return templates.TemplateResponse(request, "bank.html", {"accounts": accounts, "error": error}, status_code)


def whole_number(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise TransferRejected("The amount must be a whole number.") from None


def is_order(data: object) -> TypeGuard[dict[str, object]]:
    return isinstance(data, dict) and {"from", "to", "amount"} <= data.keys()


@transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry(attempts=10))
@inject
async def transfer_by_form(request: Request, bank: Bank) -> Response:
    form = await request.form()
    try:
        await bank.transfer(str(form.get("from")), str(form.get("to")), whole_number(form.get("amount")))
    except TransferRejected as rejection:
        return await page(request, str(rejection), 409)
    return RedirectResponse("/", 303)


@transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry(attempts=10))
@inject
async def transfer_by_json(request: Request, bank: Bank) -> Response:
    order = await request.json()
    if not is_order(order):
        raise HTTPException(400, 'Send an object such as {"from": "Ada", "to": "Bob", "amount": 5}.')
    try:
        amount = whole_number(order["amount"])
        transfer = await bank.transfer(str(order["from"]), str(order["to"]), amount)
    except TransferRejected as rejection:
        return JSONResponse({"error": str(rejection)}, 409)
    return JSONResponse({"transfer": transfer.id}, 201)


@transactional(read_only=True)
@inject
async def balances(request: Request, bank: Bank) -> Response:
    return JSONResponse({account.owner: account.balance for account in await bank.accounts()})


@strawberry.type(name="Account")
class AccountType:
    owner: str
    balance: int


@strawberry.type
class Query:
    @strawberry.field
    async def accounts(self, info: strawberry.Info[GraphQLContext]) -> list[AccountType]:
        # Fields of a query are resolved at the same time, so each has its own transaction.
        async with transaction(info.context.request, read_only=True) as own:
            return [AccountType(owner=row.owner, balance=row.balance) for row in await Bank(own, outbox).accounts()]


@strawberry.type
class Mutation:
    @strawberry.mutation
    @inject
    async def transfer(self, source: str, target: str, amount: int, bank: Bank) -> int:
        return (await bank.transfer(source, target, amount)).id


class PerRequest(GraphQL):
    """Serves no WebSockets, whose operations would have no request to share a transaction with."""

    serves_websockets = False


schema = strawberry.Schema(Query, Mutation)


async def notify(message: OutboxMessage) -> None:
    """Log the message, in place of sending a mail."""
    logger.info("%s: %s", message.key, message.payload)


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[None]:
    await database.create_tables()
    async with database, injection.lifespan(app):
        async with database.transaction() as own:
            await open_first_accounts(own)
        async with Relay(outbox, notify).running():
            yield


async def handle_integrity_error(request: Request, exc: Exception) -> Response:
    return handle_constraint_violation(request, exc)


async def style(request: Request) -> Response:
    return FileResponse(PAGES / "bank.css", media_type="text/css", content_disposition_type="inline")


injection = Injection(Services())
app = Armillary(
    routes=[
        Route("/", home),
        Route("/bank.css", style),
        Route("/", transfer_by_form, methods=["POST"]),
        Route("/accounts", balances),
        Route("/transfers", transfer_by_json, methods=["POST"]),
        Route("/graphql", PerRequest(schema, public_errors=[TransferRejected])),
        Route("/ready", ReadinessEndpoint(database)),
    ],
    middleware=[Middleware(TransactionMiddleware, database), Middleware(InjectionMiddleware, injection)],
    exception_handlers={IntegrityError: handle_integrity_error},
    lifespan=lifespan,
)
