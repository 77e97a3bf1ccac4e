"""``k8sconsole demo``: a simulated cluster, with the console on it or alone."""

import sys
from typing import Annotated

import typer

from k8sconsole.cli.output import print_exact, print_json, say
from k8sconsole.cli.screen import show
from k8sconsole.cli.session import settings_with

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Examples: k8sconsole demo bad-day · k8sconsole demo large --size 10000 --headless")
def demo(
    scenario: Annotated[str, typer.Argument(help="calm-shop, bad-day or large.")] = "bad-day",
    size: Annotated[int | None, typer.Option("--size", help="Pods, for the scenario large.", min=1, max=50_000)] = None,
    port: Annotated[int, typer.Option("--port", help="The API server's port; 0 takes a free one.", min=0, max=65535)] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same world.")] = 1,
    tls: Annotated[bool, typer.Option("--tls/--no-tls", help="HTTPS with a certificate of its own, or plain HTTP.")] = True,
    headless: Annotated[bool, typer.Option("--headless", help="Serve only, and print the kubeconfig's path.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check that all parts work together, print JSON, and exit.")] = False,
    theme: Annotated[str | None, typer.Option("--theme", help="A theme's name.", metavar="T")] = None,
) -> int:
    """Start the demo cluster, and open the console on it."""
    from k8sconsole.runtime.demo import DemoOptions, demo_opening, serve_demo

    options = DemoOptions(scenario, size=size, port=port, seed=seed, tls=tls)
    if check:
        from k8sconsole.cli.demo_check import check_demo

        result = check_demo(options)
        print_json(result)
        return 0 if result.ok else 1
    if headless:
        serve_demo(options, ready=_announce)
        return 0
    with demo_opening(options, settings_with({"theme": theme})) as opening:
        return show(opening)


def _announce(kubeconfig: str, url: str) -> None:
    print_exact(f"{kubeconfig}\n")
    sys.stdout.flush()
    say(f"serving {url}; in another terminal: export KUBECONFIG={kubeconfig} (interrupt to stop)")
