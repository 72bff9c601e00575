"""What workers, beat and producers import before they work; `tests.forked` forks from here.

Two modules must be new in each process: `workers.celery` reads the environment, and
`workers.stopping` has memory that a worker shares with all its forks.
"""

# ruff: noqa: F401 - imported for the processes that come

import gc
import sys

import celery.apps.beat
import celery.apps.worker
import celery.bin.beat
import celery.bin.celery
import celery.bin.worker
import celery.concurrency.prefork
import celery.worker.autoscale
import celery.worker.consumer
import celery.worker.state
import kombu.transport.redis
import pytest
import sqlalchemy.dialects.postgresql.psycopg
from sqlalchemy.orm import configure_mappers

import app.inbound.quarantine
import app.periodic.heartbeat
import app.periodic.jobs
import app.periodic.missed
import app.periodic.runs
import workers.application
import workers.container
import workers.starting
from app.core.tls import tls_context

assert not sys.modules.keys() & {"workers.celery", "workers.stopping"}

configure_mappers()
tls_context()
gc.collect()
gc.freeze()
