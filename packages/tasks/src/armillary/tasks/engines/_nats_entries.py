"""Reading all that a bucket of NATS holds, and removing from it without a trace.

The client's own `keys` sometimes finds less, or nothing: it asks the server how many are to come after the first may
have been sent, so that the answer may be that none are, while they are still on their way. Its own `delete` leaves a
marker for ever, and whoever reads the bucket reads all of them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from nats.errors import Error as NATSError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import BadRequestError

BATCH: Final = 500
FORGOTTEN_SECONDS: Final = 30.0
NO_MORE: Final = ("404", "408")  # of a batch that is empty, or smaller than what was asked for
CHANGED: Final = 10071  # what the server says if there is a newer message than the expected one


async def newest_of_each_subject(client: Any, stream: str, timeout: float) -> dict[str, bytes]:
    """Return the data of the newest message of each subject, but of those that say that it was deleted.

    Args:
        client: a connection.
        stream: its name.
        timeout: seconds to wait for each response.
    """
    jetstream = client.jetstream(timeout=timeout)
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.LAST_PER_SUBJECT,
        filter_subject=">",
        ack_policy=AckPolicy.NONE,
        inactive_threshold=FORGOTTEN_SECONDS,
    )
    consumer = (await jetstream.add_consumer(stream, config)).name
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    found: dict[str, bytes] = {}
    try:
        while await _read_batch(client, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", subscription, found, timeout):
            continue
    finally:
        with suppress(NATSError, OSError):  # a connection that ended; the server forgets both
            await subscription.unsubscribe()
            await jetstream.delete_consumer(stream, consumer)
    return found


async def _read_batch(client: Any, ask: str, subscription: Any, found: dict[str, bytes], timeout: float) -> bool:
    """Add a batch to what was found; return whether there may be another."""
    await client.publish(ask, b'{"batch": %d, "no_wait": true}' % BATCH, reply=subscription.subject)
    for _ in range(BATCH):
        message = await subscription.next_msg(timeout)
        headers: dict[str, str] = message.headers or {}
        status = headers.get("Status")
        if status in NO_MORE:
            return False
        if status is not None:
            raise ConnectionError(f"JetStream does not send what is kept (status {status})")
        if "KV-Operation" in headers:  # it came after a message that was read
            found.pop(message.subject, None)
        else:
            found[message.subject] = message.data
    return True


async def removed(jetstream: Any, stream: str, entry: Any) -> bool:
    """Remove an entry of a bucket, and the marker that this takes; return whether it was still there."""
    subject = f"$KV.{entry.bucket}.{entry.key}"
    headers = {"KV-Operation": "DEL", "Nats-Expected-Last-Subject-Sequence": str(entry.revision)}
    try:
        marker = await jetstream.publish(subject, headers=headers)
    except BadRequestError as exc:
        if exc.err_code != CHANGED:
            raise
        return False
    with suppress(NATSError, OSError):  # it is removed, whatever becomes of the marker
        await jetstream.purge_stream(stream, seq=marker.seq + 1, subject=subject)
    return True
