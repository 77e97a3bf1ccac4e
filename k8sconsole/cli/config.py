"""``k8sconsole config``: the settings, their values and origins, and their documentation."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from k8sconsole.cli.output import print_exact, print_json, print_table
from k8sconsole.config.attached_servers import hide_values
from k8sconsole.config.conversion import SECRET_KEYS
from k8sconsole.config.loader import find_settings_file, iterate_settings, load_settings, resolve_db_path
from k8sconsole.config.paths import checkout_root, config_dir
from k8sconsole.config.settings import Settings
from k8sconsole.kit.redact import mask_field, mask_tree

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Show, explain and check the settings.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: k8sconsole config show --json")
def show(as_json: AsJson = False) -> None:
    """Show every setting, its value, and where the value came from."""
    loaded = load_settings()
    rows = [(key, _printable_value(loaded.settings, key), loaded.origins.get(key, "default")) for key, _, _ in iterate_settings()]
    if as_json:
        print_json({key: {"value": value, "origin": origin} for key, value, origin in rows})
        return
    print_table(("SETTING", "VALUE", "FROM"), [(key, msgspec.json.encode(value).decode(), origin) for key, value, origin in rows])


@app.command(epilog="Example: $EDITOR $(k8sconsole config path)")
def path() -> None:
    """Print the settings file in use, or the path where one is expected."""
    print_exact(f"{find_settings_file() or (checkout_root() or config_dir()) / 'k8sconsole.yaml'}\n")


@app.command(epilog="Examples: k8sconsole config schema · k8sconsole config schema --json > k8sconsole.schema.json")
def schema(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON Schema of the file, for editors.")] = False) -> None:
    """Describe every setting: meaning, type, default, environment names."""
    from k8sconsole.config.reference import list_settings, settings_schema

    if as_json:
        print_json(settings_schema())
        return
    for entry in list_settings():
        names = f"   {' '.join(entry.environment)}" if entry.environment else ""
        default = "required" if entry.default is msgspec.UNSET else f"= {msgspec.json.encode(entry.default).decode()}"
        print_exact(f"{entry.key}: {entry.kind} {default}{names}\n    {entry.meaning}\n")


@app.command(epilog="Example: k8sconsole config validate ./k8sconsole.yaml")
def validate(file: Annotated[Path | None, typer.Argument(help="The file to check; the one in use by default.")] = None) -> None:
    """Check a settings file without using it."""
    from k8sconsole.errors import ConfigurationError

    if file is not None and not file.is_file():
        raise ConfigurationError(f"no file {file}", "", "k8sconsole config path")
    loaded = load_settings(file=file, environment=os.environ if file is None else {})
    print_exact(f"{loaded.file or 'no settings file; the defaults'}: valid (cache: {resolve_db_path(loaded.settings)})\n")


def _printable_value(settings: Settings, key: str) -> object:
    """The value of a dotted key as JSON values, with secrets hidden."""
    if key == "mcp_servers":
        return mask_tree(msgspec.to_builtins([hide_values(server) for server in settings.mcp_servers]))
    value: object = settings
    for part in key.split("."):
        value = getattr(value, part)
    return "[set]" if key in SECRET_KEYS and value else mask_field(key.rpartition(".")[2], msgspec.to_builtins(value))
