"""PgQueuer with a job per event: batches of jobs, concurrent handlers, asyncpg and uvloop."""

import asyncio
import json
import sys

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

BATCH = 500
POOL = 10

INSERT = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, link_ref, dedupe_key)
VALUES ('fraud_case_created', 'critical', $1, $2, $3, $4) ON CONFLICT (dedupe_key) DO NOTHING
"""


async def main(dsn: str, batch: int = BATCH, pool_size: int = POOL) -> None:
    acting_as = {"role": "service_role"}  # the items have row-level security
    pool = await asyncpg.create_pool(
        dsn, min_size=pool_size, max_size=pool_size, server_settings=acting_as
    )
    queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(dsn)))

    @queue.entrypoint("deliver")
    async def deliver(job: Job) -> None:
        event = json.loads(job.payload or b"")
        title = f"Fraud reported by {event['masked_phone']}"
        body = f"They wrote: “{event['report']}”"
        link = f"/automation/cases/{event['case_id']}"
        await pool.execute(INSERT, title, body, link, event["dedupe_key"])

    asyncio.get_running_loop().call_later(1, lambda: print("ready", flush=True))
    await queue.run(batch_size=batch)


async def install(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await Queries(AsyncpgDriver(connection)).install()
    await connection.close()


if __name__ == "__main__":
    action, url, *numbers = sys.argv[1:]
    uvloop.run(install(url) if action == "install" else main(url, *map(int, numbers)))
