"""``k8sconsole config`` and ``doctor``: what is set, what it means, and what is broken."""

from pathlib import Path

from jsonschema import Draft202012Validator

from k8sconsole.demo.clock import SkewedDemoClock
from k8sconsole.demo.server import DemoCluster
from tests.unit.cli.conftest import CommandLine


def test_every_setting_has_a_value_and_an_origin(empty: CommandLine) -> None:
    found = empty.run("config", "show", "--json", K8SCONSOLE_CONSOLE__MOUSE="false").json()
    assert found["console.mouse"]["value"] is False
    assert "K8SCONSOLE_CONSOLE__MOUSE" in found["console.mouse"]["origin"]
    assert found["scanner.static_interval"]["origin"] == "default"
    assert empty.run("config", "show").out.splitlines()[0].split() == ["SETTING", "VALUE", "FROM"]


def test_the_schema_describes_every_setting_that_is_shown_and_the_keys_of_rules_and_servers(empty: CommandLine) -> None:
    shown = empty.run("config", "show", "--json").json()
    described = [line.partition(": ")[0] for line in empty.run("config", "schema").out.splitlines()[::2]]
    assert set(shown) < set(described)
    assert "policy.rules[].action: allow | ask | type_name | deny required" in empty.run("config", "schema").out
    assert "mcp_servers[].env: mapping of text to text = {}" in empty.run("config", "schema").out


def test_an_editor_checks_a_settings_file_with_the_json_schema(empty: CommandLine) -> None:
    schema = empty.run("config", "schema", "--json").json()
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    good = {"policy": {"rules": [{"action": "deny", "tools": ["k8s_delete_*"]}]}, "scanner": {"timeout": 5}, "keymap": {"logs": "L"}}
    assert check.is_valid(good)
    wrong = [{"scaner": {}}, {"policy": {"rules": [{"action": "forbid"}]}}, {"mcp_servers": [{"name": "a", "comand": "x"}]}]
    assert not any(map(check.is_valid, [*wrong, {"scanner": {"timeout": -1}}]))
    texts = [
        part.get("description") for one in schema["$defs"].values() for part in one.get("properties", {}).values() if "$ref" not in part
    ]
    assert all(texts)


def test_the_path_names_the_file_in_use(empty: CommandLine) -> None:
    assert empty.run("config", "path").out.strip().endswith("k8sconsole.yaml")


def test_a_valid_file_is_called_valid(empty: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "k8sconsole.yaml"
    file.write_text("theme: night\n")
    assert ": valid (cache: " in empty.run("config", "validate", str(file)).out


def test_a_wrong_key_is_named_with_its_line_and_the_nearest(empty: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "k8sconsole.yaml"
    file.write_text("theme: night\nscaner:\n  static_interval: 5\n")
    done = empty.run("config", "validate", str(file))
    assert done.code == 2
    assert "scaner" in done.error
    assert "scanner" in done.error


def test_a_missing_file_is_named(empty: CommandLine, tmp_path: Path) -> None:
    done = empty.run("config", "validate", str(tmp_path / "none.yaml"))
    assert done.code == 2
    assert "none.yaml" in done.error


def test_the_doctor_checks_each_part_and_ends_with_0_where_nothing_is_broken(scanned: CommandLine) -> None:
    done = scanned.run("doctor", "--offline", "--json")
    subjects = [finding["subject"] for finding in done.json()]
    assert {"python", "terminal", "settings", "cache", "kubeconfig"} <= set(subjects)
    assert "●" in scanned.run("doctor", "--offline").out


def test_the_doctor_reaches_the_cluster(scanned: CommandLine) -> None:
    done = scanned.run("doctor")
    assert done.code == 0, done.out
    assert "v1.36" in done.out


def test_the_doctor_names_api_groups_that_do_not_answer(scanned: CommandLine, demo: DemoCluster) -> None:
    demo.silence_group("metrics.k8s.io")
    try:
        found = {finding["subject"]: finding for finding in scanned.run("doctor", "--json").json()}
        assert any(subject.endswith("metrics.k8s.io/v1beta1") and one["glyph"] == "▲" for subject, one in found.items())
    finally:
        demo.restore_group("metrics.k8s.io")


def test_the_doctor_says_how_far_the_servers_clock_is_ahead(scanned: CommandLine, demo: DemoCluster) -> None:
    demo.clock, before = SkewedDemoClock(3600.0), demo.clock
    demo.store.clock = demo.clock
    try:
        assert "the server's clock is" in scanned.run("doctor").out
        assert "ahead of this machine's" in scanned.run("doctor").out
    finally:
        demo.clock = demo.store.clock = before


def test_the_doctor_names_what_a_damaged_kubeconfig_lacks(empty: CommandLine, tmp_path: Path) -> None:
    damaged = tmp_path / "config"
    damaged.write_text("not: [a kubeconfig\n")
    done = empty.run("doctor", KUBECONFIG=str(damaged))
    assert done.code == 2
    assert "✗ kubeconfig" in done.out


def test_the_settings_are_shown_without_the_tokens_in_them(empty: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "k8sconsole" / "k8sconsole.yaml"
    file.parent.mkdir()
    far, near = "{name: far, url: 'https://ann:Zq7-planted@host/mcp'}", "{name: near, command: x, args: [--token, Zq7-planted]}"
    file.write_text(f"mcp_servers: [{far}, {near}]\n")
    shown = [empty.run("config", "show", *more, XDG_CONFIG_HOME=str(tmp_path)).out for more in ((), ("--json",))]
    assert all("near" in text and "Zq7-planted" not in text for text in shown)
