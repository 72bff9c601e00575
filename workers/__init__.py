"""Celery: the application, the tasks and the listener. Does not import Flask."""
