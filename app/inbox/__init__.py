"""The admin inbox: what a person must see, and what they did about it. Imports core alone."""
