"""Sign in and out."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from app.identity.users import authenticate
from app.web.context import container
from app.web.credentials import end_session, start_session
from app.web.devices import device_of, remember_device
from app.web.gate import csrf
from app.web.links import HOME, inside
from app.web.requests import Text, read_form

blueprint = Blueprint("login", __name__)

_REFUSED = (
    "Signing in failed: the username or the password is wrong, or there were too many attempts;"
    " then try again in a few minutes."
)


class SignIn(BaseModel):
    """The sign-in form."""

    username: Text = Field("", max_length=100)
    password: Text = Field("", max_length=1_000)
    next: str = HOME


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Redirect to the inbox."""
    return redirect(HOME)


@blueprint.get("/login")
def show() -> ResponseReturnValue:
    """Show the sign-in form."""
    return render_template("login.html", next=inside(request.args.get("next")) or HOME)


@blueprint.post("/login")
def sign_in() -> ResponseReturnValue:
    """Sign in and redirect to the requested page, or show the form with an error."""
    csrf.protect()
    form = read_form(SignIn)
    username, goal = form.username.strip(), inside(form.next) or HOME
    account = authenticate(
        container().sessions,
        username=username,
        password=form.password,
        now=container().clock(),
        address=request.remote_addr or "",
        device=device_of(username),
    )
    if account is None:
        page = render_template("login.html", next=goal, username=username, error=_REFUSED)
        return page, HTTPStatus.UNAUTHORIZED
    start_session(account)
    return remember_device(redirect(goal, HTTPStatus.SEE_OTHER), username)


@blueprint.post("/logout")
def sign_out() -> ResponseReturnValue:
    """Sign out a user with any role."""
    csrf.protect()
    end_session()
    return redirect(url_for("login.show"), HTTPStatus.SEE_OTHER)
