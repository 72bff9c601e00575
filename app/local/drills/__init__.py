"""The drills: each plays a promise of the product on a running stack and shows the evidence.

A check is ticked by what a query or an HTTP answer says, never by assumption. May import
anything below `app.local`.
"""
