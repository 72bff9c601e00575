"""The WhatsApp sandbox: a Graph API and a customer's phone on this machine, for development.

It keeps everything in memory, listens on loopback alone, and is never part of production.
"""
