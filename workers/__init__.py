"""Celery: the application, its tasks of a few lines, the listener. Imports no Flask."""
