"""Procrastinate with a job per event: concurrent jobs over a pool; finished jobs are deleted."""

import asyncio
import sys

import uvloop
from procrastinate import App, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

AT_ONCE = 10

INSERT = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, link_ref, dedupe_key)
VALUES ('fraud_case_created', 'critical', %s, %s, %s, %s) ON CONFLICT (dedupe_key) DO NOTHING
"""


async def main(action: str, dsn: str, at_once: int = AT_ONCE) -> None:
    app = App(connector=PsycopgConnector(conninfo=dsn, min_size=at_once, max_size=at_once))
    acting_as = {"autocommit": True, "options": "-c role=service_role"}
    items = AsyncConnectionPool(
        dsn, min_size=at_once, max_size=at_once, open=False, kwargs=acting_as
    )

    @app.task(name="deliver", queue="deliver")
    async def deliver(case_id: int, masked_phone: str, report: str, dedupe_key: str) -> None:
        title = f"Fraud reported by {masked_phone}"
        words = (title, f"They wrote: “{report}”", f"/automation/cases/{case_id}", dedupe_key)
        async with items.connection() as connection:
            await connection.execute(INSERT, words)

    async with app.open_async():
        if action == "install":
            await app.schema_manager.apply_schema_async()
            return
        await items.open(wait=True)
        asyncio.get_running_loop().call_later(1, lambda: print("ready", flush=True))
        await app.run_worker_async(
            concurrency=at_once,
            fetch_job_polling_interval=0.1,
            delete_jobs="successful",
            install_signal_handlers=False,
        )


if __name__ == "__main__":
    action, url, *numbers = sys.argv[1:]
    uvloop.run(main(action, url, *map(int, numbers)))
