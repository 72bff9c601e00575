"""`python -m devtools.stack`: run the local stack, or a command with its settings."""

import os

import click

from app.cli import one_sentence_errors
from devtools.stack.command_environment import environment_of_running_stack
from devtools.stack.stack import run_local


@click.group(invoke_without_command=True)
@click.pass_context
def stack(context: click.Context) -> None:
    """Run the whole product on this machine until Ctrl-C."""
    if context.invoked_subcommand is None:
        run_local()


@stack.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(command: tuple[str, ...]) -> None:
    """Run COMMAND with the settings of the running local stack."""
    environ = environment_of_running_stack()
    os.execvpe(command[0], command, environ)  # noqa: S606 - the developer's own command


with one_sentence_errors():
    stack()
