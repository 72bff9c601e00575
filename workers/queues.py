"""The queues, and which task goes where: slow HTTP must never delay dispatch."""

from kombu import Queue

DISPATCH = "dispatch"
OUTBOUND = "outbound"
CHECKERS = "checkers"

QUEUES = (Queue(DISPATCH), Queue(OUTBOUND), Queue(CHECKERS))

ROUTES = {
    "dispatch.*": {"queue": DISPATCH},
    "outbound.*": {"queue": OUTBOUND},
    "checkers.*": {"queue": CHECKERS},
}
