"""The sessions of signed-in people, each with a button that ends it."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.identity.web_sessions import end_sessions_of, end_web_session, list_web_sessions
from app.web.context import container, identity

blueprint = Blueprint("sessions", __name__, url_prefix="/automation/sessions")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show all active sessions; the caller's own is marked."""
    with container().sessions.begin() as session:
        active = list_web_sessions(session, now=container().clock())
    return render_template("sessions.html", active=active)


@blueprint.post("/<id:session_id>/end")
def end(session_id: int) -> ResponseReturnValue:
    """End one session and show the rest."""
    with container().sessions.begin() as session:
        ended = end_web_session(session, session_id, now=container().clock())
    flash("The session is ended." if ended else "The session had ended before.", "success")
    return redirect(url_for("sessions.index"), HTTPStatus.SEE_OTHER)


@blueprint.post("/end-others")
def end_others() -> ResponseReturnValue:
    """End the caller's sessions in other browsers."""
    me = identity()
    with container().sessions.begin() as session:
        ended = end_sessions_of(session, me.name, now=container().clock(), except_for=me.session_id)
    flash(f"Your other sessions are ended: {ended}.", "success")
    return redirect(url_for("sessions.index"), HTTPStatus.SEE_OTHER)
