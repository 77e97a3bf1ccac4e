"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from k8sconsole.cli.completion import contexts, namespaces

Contexts = Annotated[
    list[str] | None,
    typer.Option("--context", help="A kubeconfig context; may be given several times.", metavar="C", autocompletion=contexts),
]
AllContexts = Annotated[bool, typer.Option("--all-contexts", help="Every context of the kubeconfig.")]
Namespaces = Annotated[
    list[str] | None,
    typer.Option("-n", "--namespace", help="A namespace; may be given several times.", metavar="NS", autocompletion=namespaces),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Db = Annotated[Path | None, typer.Option("--db", help="The cache file.", metavar="F")]
