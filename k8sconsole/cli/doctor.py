"""``k8sconsole doctor``: checks this installation and names the remedy for what is broken."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from k8sconsole.cli.options import AsJson, Contexts
from k8sconsole.cli.output import print_json, print_text

if TYPE_CHECKING:
    from k8sconsole.runtime.doctor import DoctorFinding

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: k8sconsole doctor --context prod-eu --json")
def doctor(
    context: Contexts = None,
    offline: Annotated[bool, typer.Option("--offline", help="Connect to nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Check settings, cache file, kubeconfig, clusters and terminal; 0 when nothing is broken."""
    import asyncio

    from k8sconsole.runtime.doctor import check_installation

    findings = asyncio.run(check_installation(tuple(context or ()), connect=not offline))
    if as_json:
        print_json(findings)
    else:
        _print_findings(findings)
    return max((finding.exit_code for finding in findings), default=0)


def _print_findings(findings: "Sequence[DoctorFinding]") -> None:
    for finding in findings:
        remedy = f" (try: {finding.remedy})" if finding.remedy else ""
        print_text(f"{finding.glyph} {finding.subject}: {finding.detail}{remedy}")
