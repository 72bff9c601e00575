"""What developers run: the local stack, the WhatsApp sandbox and the drills.

No production image and no wheel carries it. May import everything of ours but the web
and the workers, which it starts as processes.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder of the repository."""
