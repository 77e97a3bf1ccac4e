"""``make pictures``: draws docs/console.svg and the animated docs/console-tour.svg from the running console on the demo cluster.

The console runs without a terminal. Each scene presses keys, waits until the screen shows what it should, and takes a picture. The tour
shows the pictures in turn by CSS, without a script, so that it moves on a page that embeds it as an image. Pictures name no external font.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.runtime.api import ConsoleApi
from k8sconsole.runtime.demo import opening_on
from k8sconsole.runtime.embedded import start_console
from k8sconsole.tui.app import ConsoleApp
from k8sconsole.tui.visuals.glyphs import UNICODE
from tests.waiting import wait_until

DOCS = Path(__file__).parents[1] / "docs"
SIZE = (120, 32)
SECONDS = 3.5
"""How long the tour shows one picture."""

CAPTION_HEIGHT = 56


class Scene(NamedTuple):
    """keys: pressed one after another. expected: words that the screen shows once the scene is complete.

    event: what happens after the keys: another caller requests a change, or the cluster stops answering.
    """

    caption: str
    keys: Sequence[str]
    expected: Sequence[str]
    event: Literal["", "change", "outage"] = ""


SCENES = (
    Scene("Every kind as a live table, from the cache first", (), ("● live", "Running")),
    Scene("ctrl-z: only what is not well", ("ctrl+z",), ("faults only",)),
    Scene(
        "/ filters by words, fields, labels and ages",
        ("ctrl+z", "slash", *"restarts>3 age<30d"),
        ("restarts>3 age<30d", "CrashLoopBackOff"),
    ),
    Scene("d describes: cells, conditions and events", ("enter", "d"), ("describe",)),
    Scene(
        "A change is tried on the server first, and needs approval",
        ("escape", "escape", "colon", *"deploy shop", "enter", "slash", *"~^web$", "enter", "T"),
        ("Scale", "web"),
        event="change",
    ),
    Scene("shift-t: what happened to an object, and when", ("right", "enter"), ("timeline", "pods/web-")),
    Scene("The tools that an AI client can call, under your policy", ("f3",), ("k8s_list_pods",)),
    Scene(
        "The cluster is lost: the rows stay, and the first line says since when",
        ("f2", "escape", "colon", *"pods", "enter"),
        ("◌ lost", "Running"),
        event="outage",
    ),
)
CHANGE = {"kind": "deploy", "name": "web", "namespace": "shop", "replicas": 9}

STILL = 1
"""The scene of docs/console.svg."""


async def take_pictures() -> list[tuple[str, str]]:
    """(caption, SVG) of each scene."""
    taken: list[tuple[str, str]] = []
    calls: list[asyncio.Task[Any]] = []  # a task without a reference may be collected before it ends
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_settings({"cache.db_path": f"{folder}/cache.db"}, environment={})
        async with DemoCluster("bad-day", still=True, tls=True) as cluster:
            with start_console(opening_on(cluster.kubeconfig, loaded)) as console:
                app = ConsoleApp(console, loaded.settings, glyphs=UNICODE)
                async with app.run_test(size=SIZE, notifications=True) as pilot:
                    for scene in SCENES:
                        await pilot.press(*scene.keys)
                        if scene.event == "outage":
                            await cluster.refuse()
                        if scene.event == "change":
                            await pilot.pause(0.5)
                            calls.append(asyncio.create_task(_scale(console)))
                        await _wait_for(pilot, scene)
                        taken.append((scene.caption, app.export_screenshot(title="k8sconsole")))
    return taken


async def _scale(console: ConsoleApi) -> None:
    await console.tools.call("k8s_scale_resource", CHANGE)


async def _wait_for(pilot: Any, scene: Scene) -> None:
    try:
        await wait_until(lambda: all(words in _screen_text(pilot) for words in scene.expected), within=30.0)
    except TimeoutError:
        sys.stderr.write(f"the scene {scene.caption!r} never showed {scene.expected}:\n{_screen_text(pilot)}\n")
        raise
    await pilot.pause(0.5)


def _screen_text(pilot: Any) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips())


def make_portable(svg: str) -> str:
    """The picture without references to fonts on other servers, and with spaces that every renderer keeps."""
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S).replace(
        "Fira Code, monospace", "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
    )


def animate(pictures: Sequence[tuple[str, str]]) -> str:
    """One SVG that shows the pictures in turn, each with its caption below."""
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', pictures[0][1])
    assert view is not None
    width, height = float(view[1]), float(view[2])
    share = 100 / len(pictures)
    total = SECONDS * len(pictures)
    frames = "".join(_frame(index, caption, svg, width, height) for index, (caption, svg) in enumerate(pictures))
    delays = "".join(f".scene-{index} {{ animation-delay: {index * SECONDS:g}s }}\n" for index in range(len(pictures)))
    return f"""<svg xml:space="preserve" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height + CAPTION_HEIGHT:g}">
<style>
.scene {{ opacity: 0; animation: show {total:g}s step-end infinite }}
.scene-0 {{ opacity: 1 }}
@keyframes show {{ 0% {{ opacity: 1 }} {share:.4f}% {{ opacity: 0 }} 100% {{ opacity: 0 }} }}
{delays}.caption {{ font: 26px 'DejaVu Sans', Arial, sans-serif; fill: #dde5ec; text-anchor: middle }}
@media (prefers-reduced-motion: reduce) {{ .scene {{ animation: none }} }}
</style>
<rect width="{width:g}" height="{height + CAPTION_HEIGHT:g}" rx="8" fill="#10151b"/>
{frames}</svg>
"""


def _frame(index: int, caption: str, svg: str, width: float, height: float) -> str:
    inner = re.sub(r"^<svg[^>]*>|</svg>\s*$", "", svg.strip())
    text = f'<text class="caption" x="{width / 2:g}" y="{height + CAPTION_HEIGHT / 2 + 4:g}">{caption}</text>'
    return f'<g class="scene scene-{index}">\n{inner}\n{text}</g>\n'


def main() -> None:
    pictures = [(caption, make_portable(svg)) for caption, svg in asyncio.run(take_pictures())]
    (DOCS / "console.svg").write_text(pictures[STILL][1], encoding="utf-8")
    (DOCS / "console-tour.svg").write_text(animate(pictures), encoding="utf-8")
    sys.stdout.write(f"drew docs/console.svg and docs/console-tour.svg, {len(pictures)} scenes\n")


if __name__ == "__main__":
    main()
