"""The WhatsApp sandbox: simulates the Graph API and customers' phones for development.

It keeps its data in memory, listens on loopback only, and is not part of production.
"""
