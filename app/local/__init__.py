"""The whole product on one machine: embedded servers, supervisor, sandbox, drills.

For development and tests, never part of production. May import everything of ours but
the web and the workers, which it starts as processes.
"""
