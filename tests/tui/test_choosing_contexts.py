"""Contexts and namespaces as kubectl means them: the whole frame belongs to the cluster whose rows are shown."""

from typing import Any

import pytest

from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.refs import ClusterName
from k8sconsole.tui.messages import CommandSubmitted
from tests.tui.memory import DEMO, MemoryConsole, open_console, settled, shop
from tests.tui.test_cluster_pane import press, screen

AKS, ARN = ClusterName("AKS Dev Env"), ClusterName("arn:aws:eks:eu-central-1:123456789012:cluster/web")


@pytest.fixture
def console() -> MemoryConsole:
    made = MemoryConsole(shop())
    made.contexts += [
        ContextInfo(AKS, "aks", "https://aks.example", "sre", "shop"),
        ContextInfo(ARN, "eks", "https://eks.example", "sre", ""),
    ]
    return made


async def command(pilot: Any, text: str) -> list[str]:
    """The screen's lines after a line behind the colon."""
    pilot.app.main.post_message(CommandSubmitted(text))
    await settled(pilot)
    return screen(pilot).splitlines()


CHOICES: dict[str, tuple[ClusterName, ...]] = {
    'ctx "AKS Dev Env"': (AKS,),
    "ctx 'AKS Dev Env',demo": (AKS, DEMO),
    "ctx AKS Dev Env": (AKS,),
    f"ctx {ARN}": (ARN,),
    'pods @"AKS Dev Env"': (AKS,),
    f"pods shop @{ARN}": (ARN,),
    f"pods shop @{ARN},demo": (ARN, DEMO),
}


async def test_a_context_is_chosen_by_its_name_whatever_is_in_it(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        for text, chosen in CHOICES.items():
            await command(pilot, text)
            assert console.selected == chosen, text
            await command(pilot, "ctx demo")


async def test_enter_on_a_row_chooses_a_context_with_spaces(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await command(pilot, "ctx")
        await press(pilot, "down", "down", "enter")
    assert console.selected == (AKS,)


async def test_another_cluster_behind_the_at_sign_changes_the_whole_frame_its_production_mark_included(console: MemoryConsole) -> None:
    async with open_console(console, (120, 24)) as pilot:
        lines = await command(pilot, "pods shop @prod-eu")
        assert "prod-eu" in lines[0]
        assert "PRODUCTION" in lines[0]
        assert "demo" not in lines[0]
        assert lines[1].split()[:3] == ["pods", "›", "shop"]
        lines = await command(pilot, "pods shop @demo")
        assert "PRODUCTION" not in lines[0]


async def test_a_context_that_does_not_exist_is_refused_and_everything_stays(console: MemoryConsole) -> None:
    async with open_console(console, (120, 24)) as pilot:
        lines = await command(pilot, "deploy shop @prod-us")
        assert lines[1].split()[0] == "pods"
        assert "demo" in lines[0]
        assert any("no context 'prod-us'" in message[2] for message in pilot.app.messages)
    assert console.selected == (DEMO,)


async def test_the_console_starts_in_the_namespace_that_the_context_names_and_0_leaves_it(console: MemoryConsole) -> None:
    console.selected = (AKS,)
    async with open_console(console) as pilot:
        assert screen(pilot).splitlines()[1].split()[:3] == ["pods", "›", "shop"]
        assert (await press(pilot, "0")).splitlines()[1].split()[:4] == ["pods", "›", "all", "namespaces"]


async def test_the_namespace_asked_for_at_the_start_wins(console: MemoryConsole) -> None:
    console.selected = (AKS,)
    async with open_console(console, namespaces=("data",)) as pilot:
        assert screen(pilot).splitlines()[1].split()[:3] == ["pods", "›", "data"]


async def test_another_context_brings_its_own_namespace_but_not_over_one_that_a_person_chose(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        assert (await command(pilot, 'ctx "AKS Dev Env"'))[1].split()[:3] == ["pods", "›", "shop"]
        assert (await command(pilot, "ctx demo"))[1].split()[:4] == ["pods", "›", "all", "namespaces"]
        await command(pilot, "ns data")
        assert (await command(pilot, 'ctx "AKS Dev Env"'))[1].split()[:3] == ["pods", "›", "data"]


async def test_an_older_location_of_another_cluster_brings_that_cluster_back_into_the_frame(console: MemoryConsole) -> None:
    async with open_console(console, (120, 24)) as pilot:
        await command(pilot, "deploy")
        await press(pilot, "enter")  # the pods of a deployment of the first cluster
        await command(pilot, "ctx prod-eu")
        await press(pilot, "left_square_bracket")
        await settled(pilot)
        lines = screen(pilot).splitlines()
        assert "deployment/" in lines[1]
        assert "demo" in lines[0]
        await command(pilot, "pods shop @prod-eu")
        await press(pilot, "minus")
        await settled(pilot)
        assert "demo" in screen(pilot).splitlines()[0]
    assert console.selected == (DEMO,)
