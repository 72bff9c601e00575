"""The drills: each plays a promise of the product on a running stack and shows the evidence.

A check passes by what a query or an HTTP answer says, never by assumption.
"""
