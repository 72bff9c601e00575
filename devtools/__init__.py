"""Tools for developers: the local stack, the WhatsApp sandbox and the drills.

The production image and the wheel do not contain them. They may import `app` except
`app.web`. They start the web and the workers as processes.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder of the repository."""
