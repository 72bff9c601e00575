"""The commands `automation users` and `automation tokens`."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import click
from sqlalchemy.orm import Session

from app.bootstrap import Container, build
from app.core.clock import utc_now
from app.core.settings import Settings
from app.identity.administration import (
    list_tokens,
    list_users,
    reset_password,
    revoke_user,
)
from app.identity.passwords import generate_password
from app.identity.roles import Role, Scope
from app.identity.tokens import DEFAULT_DAYS, MAX_DAYS, issue_token, revoke_token
from app.identity.users import create_user


@click.group()
def users() -> None:
    """Create, list and revoke users, and reset their passwords."""


@click.group()
def tokens() -> None:
    """Create, list and revoke API tokens."""


from_stdin = click.option(
    "--password-stdin",
    "is_on_stdin",
    is_flag=True,
    help="Read the password from one line of standard input.",
)
"""An option in place of `--password`, which every user of the machine could read in the process
list."""


def read_password() -> str:
    """Return the first line of standard input."""
    return sys.stdin.readline().rstrip("\r\n")


@contextmanager
def open_session() -> Iterator[Session]:
    """Open a transaction in the configured database."""
    with open_container() as container, container.sessions.begin() as session:
        yield session


@contextmanager
def open_container() -> Iterator[Container]:
    """Build the container on the configured database."""
    with closing(build(Settings.load(), process="cli")) as container:
        yield container


@users.command("create")
@click.argument("username")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default="admin", show_default=True
)
@from_stdin
def create_command(username: str, role: str, *, is_on_stdin: bool) -> None:
    """Create a user. Without --password-stdin a password is generated and shown once."""
    chosen = read_password() if is_on_stdin else generate_password()
    with open_session() as session:
        create_user(session, username=username, password=chosen, role=Role(role))
    click.echo(f"{username} may sign in.{'' if is_on_stdin else _shown_once(chosen)}")


@users.command("list")
def list_command() -> None:
    """List all users."""
    with open_session() as session:
        for user in list_users(session):
            click.echo(f"{user.username}\t{user.role}\t{user.state}")


@users.command("revoke")
@click.argument("username")
def revoke_command(username: str) -> None:
    """End a user's sessions and tokens, and refuse further sign-ins."""
    with open_session() as session:
        revoke_user(session, username, now=utc_now())
    click.echo(f"{username} can no longer sign in, and their tokens no longer work.")


@users.command("reset-password")
@click.argument("username")
@from_stdin
def reset_command(username: str, *, is_on_stdin: bool) -> None:
    """Set a new password, end the user's sessions and tokens, and unlock the account.

    Without --password-stdin the password is generated and shown once.
    """
    chosen = read_password() if is_on_stdin else generate_password()
    with open_session() as session:
        reset_password(session, username, chosen, now=utc_now())
    click.echo(f"{username} has a new password.{'' if is_on_stdin else _shown_once(chosen)}")


@tokens.command("create")
@click.argument("username")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=[Scope.READ.value],
    show_default=True,
    help="What it may do; give it several times for several scopes.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    help="How long it is valid.",
)
def create_token_command(username: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Create a token for USERNAME. NAME describes its purpose."""
    expires_at = utc_now() + timedelta(days=days)
    with open_session() as session:
        token = issue_token(
            session,
            username=username,
            name=name,
            expires_at=expires_at,
            scopes=set(map(Scope, scopes)),
        )
    click.echo(f"Token {token.id}, shown this once: {token.text}")


@tokens.command("list")
def list_tokens_command() -> None:
    """List all tokens, without their text."""
    with open_session() as session:
        for token in list_tokens(session, now=utc_now()):
            until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "no end"
            used = f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "unused"
            scopes = ",".join(token.scopes)
            line = (str(token.id), token.username, token.name, token.state, scopes, until, used)
            click.echo("\t".join(line))


@tokens.command("revoke")
@click.argument("token_id", type=int)
def revoke_token_command(token_id: int) -> None:
    """End a token at once."""
    with open_session() as session:
        revoke_token(session, token_id)
    click.echo(f"Token {token_id} no longer works.")


def _shown_once(chosen: str) -> str:
    return f" The password, shown this once: {chosen}"
