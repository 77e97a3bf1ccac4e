from pathlib import Path

import pytest

from k8sconsole.config import paths
from k8sconsole.config.loader import ENVIRONMENT_ALIASES, iterate_settings, load_settings, resolve_db_path, resolve_log_folder
from k8sconsole.errors import ConfigurationError
from k8sconsole.model.policy import Action


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "k8sconsole.yaml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if installed, away from any checkout, with nothing in the current folder."""
    monkeypatch.setattr(paths, "checkout_root", lambda: None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_flag_wins_over_the_environment_that_over_dotenv_that_over_the_file_that_over_the_default(file: Path) -> None:
    file.write_text("scanner:\n  timeout: 1\n  batch_size: 1\n  page_size: 1\n  max_concurrent: 1\n")
    Path(".env").write_text("SCANNER_TIMEOUT=2\nSCANNER_BATCH_SIZE=2\nSCANNER_MAX_CONCURRENT=2\n")
    loaded = load_settings({"scanner.timeout": 4}, environment={"SCANNER_TIMEOUT": "3", "SCANNER_BATCH_SIZE": "3"}, file=file)
    settings = loaded.settings.scanner
    assert (settings.timeout, settings.batch_size, settings.max_concurrent, settings.page_size) == (4.0, 3, 2, 1)
    assert settings.static_interval == 1800.0
    assert loaded.origins == {
        "scanner.timeout": "a flag",
        "scanner.batch_size": "SCANNER_BATCH_SIZE in the environment",
        "scanner.max_concurrent": "SCANNER_MAX_CONCURRENT in .env",
        "scanner.page_size": "k8sconsole.yaml line 4",
    }


def test_the_seeds_environment_names_reach_their_settings_in_both_spellings() -> None:
    assert load_settings(environment={"SCANNER_MAX_CONCURRENT": "7"}).settings.scanner.max_concurrent == 7
    assert load_settings(environment={"SCANNER_CONCURRENT_LIMIT": "8"}).settings.scanner.max_concurrent == 8
    assert load_settings(environment={"LLM_MODEL_NAME": "m"}).settings.llm.model == "m"
    known = {key for key, _, _ in iterate_settings()}
    assert set(ENVIRONMENT_ALIASES.values()) <= known


def test_any_setting_can_be_given_by_its_long_environment_name_lists_as_json() -> None:
    loaded = load_settings(environment={"K8SCONSOLE_CONSOLE__FAVOURITES": '["shop", "payments"]', "K8SCONSOLE_LOG__LEVEL": "DEBUG"})
    assert loaded.settings.console.favourites == ("shop", "payments")
    assert loaded.settings.log.level == "DEBUG"


def test_policy_rules_are_read_from_the_file_as_a_person_writes_them(file: Path) -> None:
    file.write_text('policy:\n  rules:\n    - {action: deny, tools: ["k8s_delete_*"], namespaces: [kube-system]}\n')
    (rule,) = load_settings(environment={}, file=file).settings.policy.rules
    assert (rule.action, rule.tools, rule.namespaces) == (Action.DENY, ("k8s_delete_*",), ("kube-system",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scanner:\n  timout: 3\n", ("k8sconsole.yaml line 2", "scanner.timout", "scanner.timeout")),
        ("scanner:\n  timeout: soon\n", ("k8sconsole.yaml line 2", "scanner.timeout", "soon")),
        ("scanner:\n  timeout: -1\n", ("k8sconsole.yaml line 2", "above zero")),
        ("scaner:\n  timeout: 3\n", ("k8sconsole.yaml line 1", "scaner")),
        ("scanner: 3\n", ("k8sconsole.yaml line 1", "section")),
        ("- a\n", ("line 1", "mapping")),
        ("a: [\n", ("not valid YAML",)),
        ("policy:\n  rules:\n    - {action: alow}\n", ("line 3: policy.rules[0].action", "'alow'", "type_name", "did you mean allow?")),
        ("policy:\n  rules:\n    - action: deny\n      tool: [x]\n", ("line 4: policy.rules[0].tool", "did you mean tools?")),
        ("policy:\n  rules:\n    - tools: [x]\n", ("line 3: policy.rules[0]", "action is missing")),
        ("policy:\n  rules:\n    - action: deny\n      tools: x\n", ("line 4: policy.rules[0].tools", "'x' is not allowed")),
        ("mcp_servers:\n  - name: a\n    comand: x\n", ("line 3: mcp_servers[0].comand", "did you mean command?")),
        ("mcp_servers:\n  - name: a\n    timeout: soon\n", ("line 3: mcp_servers[0].timeout", "'soon'")),
        ("cache:\n  encryption: keyrin\n", ("line 2: cache.encryption", "did you mean keyring?")),
        ("policy:\n  production:\n    - prod\n    - '(live'\n", ("line 4: policy.production[1]", "no pattern")),
        ("policy:\n  rules:\n    - {action: deny, faces: [tuii]}\n", ("line 3: policy.rules[0].faces", "'tuii'", "tui, chat")),
        ("theme: night\ntheme: dusk\n", ("line 2: theme", "already on line 1")),
        ("mcp_servers:\n  - name: a\n    name: b\n", ("line 3: name", "already on line 2")),
    ],
)
def test_a_wrong_setting_names_the_file_the_line_the_key_and_the_nearest_valid_one(file: Path, text: str, said: tuple[str, ...]) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environment={}, file=file)
    assert caught.value.exit_code == 2
    for words in said:
        assert words in str(caught.value)


def test_a_wrong_environment_variable_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"K8SCONSOLE_SCANNER__TIMOUT in the environment.*scanner\.timeout"):
        load_settings(environment={"K8SCONSOLE_SCANNER__TIMOUT": "3"})


def test_a_wrong_key_for_the_model_is_not_printed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environment={"K8SCONSOLE_LLM__API_KEY": '{"a": "hunter2"}'})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "mcp_servers:\n  - {name: a, command: x, env: {API_TOKEN: [hunter2]}}\n",
        "mcp_servers:\n  - {name: a, url: 'https://h/', headers: {Authorization: {Bearer: hunter2}}}\n",
        "mcp_servers:\n  - {name: a, comand: x, env: {API_TOKEN: hunter2}}\n",
        "mcp_servers: {name: a, env: {API_TOKEN: hunter2}}\n",
        "mcp_servers:\n  - {name: a, command: x, args: 'serve --password=hunter2'}\n",
        "llm:\n  api_key: [hunter2]\n",
    ],
)
def test_no_error_about_a_setting_shows_a_secret_beside_it(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environment={}, file=file)
    assert "hunter2" not in str(caught.value)


def test_outside_a_checkout_the_cache_lies_in_the_users_data_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert resolve_db_path(load_settings(environment={}).settings) == tmp_path / "data/k8sconsole/k8s_cache.db"


def test_a_relative_cache_path_counts_from_where_the_program_was_started(tmp_path: Path) -> None:
    assert resolve_db_path(load_settings(environment={"CACHE_DB_PATH": "./x.db"}).settings) == tmp_path / "x.db"


def test_the_log_folder_is_the_setting_or_the_users_log_directory(tmp_path: Path) -> None:
    settings = load_settings(environment={"K8SCONSOLE_LOG__FOLDER": "~/here"}).settings
    assert resolve_log_folder(settings) == Path("~/here").expanduser()
    assert resolve_log_folder(load_settings(environment={"K8SCONSOLE_LOG__FOLDER": "beside"}).settings) == tmp_path / "beside"
    assert resolve_log_folder(load_settings(environment={}).settings) == paths.log_dir()


@pytest.mark.parametrize("given", ["[{name: far, env: {TOKN: Zq7-planted}, timeout: soon}]", "{far: {env: {TOKN: Zq7-planted}}}"])
def test_an_error_about_an_attached_server_never_prints_its_entry(file: Path, given: str) -> None:
    file.write_text(f"mcp_servers: {given}\n")
    with pytest.raises(ConfigurationError) as raised:
        load_settings(environment={}, file=file)
    assert "k8sconsole.yaml line 1: mcp_servers" in str(raised.value)
    assert "Zq7-planted" not in str(raised.value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings(environment={"K8SCONSOLE_CONSOLE__FAVOURITES": '[{"headers": "Zq7-planted"'})
    assert "Zq7-planted" not in str(raised.value)


def test_an_error_about_broken_yaml_names_the_place_and_never_quotes_the_file(file: Path) -> None:
    file.write_text('mcp_servers:\n  - {name: far, env: {TOKN: "Zq7-planted}}\n')
    with pytest.raises(ConfigurationError, match="line") as raised:
        load_settings(environment={}, file=file)
    assert "Zq7-planted" not in str(raised.value)
