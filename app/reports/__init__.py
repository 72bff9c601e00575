"""The daily summary: its figures and its words. May import what lies below `periodic`."""
