"""The daily summary: its figures and its text. May import the packages below `periodic`."""
