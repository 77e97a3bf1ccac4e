"""``k8sconsole get``: what a person and a script see."""

import time
from datetime import UTC, datetime

import pytest
import yaml

from k8sconsole.demo.api.faults import Fault
from k8sconsole.demo.server import DemoCluster
from tests.unit.cli.conftest import CommandLine


def test_a_table_ends_with_how_old_the_answer_is(scanned: CommandLine) -> None:
    done = scanned.run("get", "deploy", "-n", "shop")
    assert done.code == 0
    assert done.out.splitlines()[0].split()[:2] == ["NAME", "READY"]
    assert " of " in done.err
    assert "cache, seen" in done.err


def test_rows_of_several_namespaces_have_a_column_for_them(scanned: CommandLine) -> None:
    assert scanned.run("get", "pods", "-A").out.startswith("NAMESPACE")
    assert not scanned.run("get", "pods", "-n", "shop").out.startswith("NAMESPACE")


def test_wide_output_adds_columns(scanned: CommandLine) -> None:
    narrow, wide = (scanned.run("get", "nodes", "-o", form).out.splitlines()[0].split() for form in ("table", "wide"))
    assert set(narrow) < set(wide)


def test_json_is_a_list_as_kubectl_prints_it_with_its_freshness(scanned: CommandLine) -> None:
    found = scanned.run("get", "services", "-n", "shop", "-o", "json").json()
    assert (found["apiVersion"], found["kind"]) == ("v1", "List")
    assert {item["kind"] for item in found["items"]} == {"Service"}
    assert found["freshness"]["source"] == "cache"
    assert found["freshness"]["age_seconds"] >= 0


def test_one_object_is_printed_alone(scanned: CommandLine) -> None:
    name = scanned.run("get", "deploy", "-n", "shop", "-o", "json").json()["items"][0]["metadata"]["name"]
    one = yaml.safe_load(scanned.run("get", "deploy", name, "-n", "shop", "-o", "yaml").out)
    assert one["metadata"]["name"] == name
    assert one["kind"] == "Deployment"


@pytest.mark.parametrize("live", [(), ("--live",)])
def test_yaml_is_what_kubectl_applies_and_its_age_is_a_remark(scanned: CommandLine, live: tuple[str, ...]) -> None:
    done = scanned.run("get", "deploy", "-n", "shop", "-o", "yaml", *live)
    found = yaml.safe_load(done.out)
    assert sorted(found) == ["apiVersion", "items", "kind", "metadata"]
    assert {(item["apiVersion"], item["kind"]) for item in found["items"]} == {("apps/v1", "Deployment")}
    assert "seen" in done.err
    name = found["items"][0]["metadata"]["name"]
    one = yaml.safe_load(scanned.run("get", "deploy", name, "-n", "shop", "-o", "yaml", *live).out)
    assert (one["apiVersion"], one["kind"]) == ("apps/v1", "Deployment")
    assert "freshness" not in one


def test_yaml_of_the_past_can_be_applied_since_it_names_no_version(scanned: CommandLine) -> None:
    then = datetime.now(UTC).isoformat()
    past = yaml.safe_load(scanned.run("get", "deploy", "-n", "shop", "-o", "yaml", "--as-of", then).out)
    assert past["items"]
    assert not any({"resourceVersion", "uid"} & set(item["metadata"]) for item in past["items"])
    exact = scanned.run("get", "deploy", "-n", "shop", "-o", "json", "--as-of", then).json()
    assert all(item["metadata"]["resourceVersion"] for item in exact["items"])


def test_yaml_with_masked_values_warns_against_applying_it(scanned: CommandLine) -> None:
    assert "are masked; applied, the mask would replace the real value" in scanned.run("get", "secrets", "-A", "-o", "yaml").err


def test_a_filter_narrows_and_the_count_says_so(scanned: CommandLine) -> None:
    every = scanned.run("get", "pods", "-A", "-o", "json").json()["items"]
    running = scanned.run("get", "pods", "-A", "--filter", "status=Running", "-o", "json").json()["items"]
    assert 0 < len(running) <= len(every)
    assert {item["status"]["phase"] for item in running} == {"Running"}


def test_a_filter_without_a_match_is_an_empty_answer_in_words(scanned: CommandLine) -> None:
    done = scanned.run("get", "pods", "-n", "shop", "--filter", "name=nothing-like-it")
    assert (done.code, done.out) == (0, "")
    assert "no pods in shop match name=nothing-like-it" in done.err


@pytest.mark.parametrize(
    ("words", "code", "names"),
    [
        (("get", "podz"), 2, "pods"),
        (("get", "pods", "-n", "shopp"), 1, "shop"),
        (("get", "pods", "--filter", "age<"), 2, "column 5: expected a value"),
        (("get", "deploy", "no-such-deployment", "-n", "shop"), 1, "no deployment 'no-such-deployment' in shop"),
        (("get", "pods", "--context", "nowhere"), 2, "no context 'nowhere'"),
        (("get", "pods", "--as-of", "tomorrowish"), 2, "tomorrowish"),
    ],
)
def test_what_does_not_exist_is_named_with_its_remedy(scanned: CommandLine, words: tuple[str, ...], code: int, names: str) -> None:
    done = scanned.run(*words)
    assert done.code == code
    assert names in done.error
    assert "(try: " in done.error


def test_a_secret_keeps_its_keys_and_hides_its_values(scanned: CommandLine) -> None:
    items = scanned.run("get", "secrets", "-A", "-o", "json").json()["items"]
    values = [value for item in items for value in (item.get("data") or {}).values()]
    assert values
    assert all(str(value).startswith("[masked") for value in values)


def test_an_answer_about_a_time_before_all_history_says_that_it_is_incomplete(scanned: CommandLine) -> None:
    found = scanned.run("get", "pods", "-n", "shop", "--as-of", "2020-01-01T00:00:00Z", "-o", "json").json()
    assert found["items"] == []
    assert found["freshness"]["complete"] is False
    assert "before the first scan" in found["freshness"]["missing"][0]


def test_a_live_read_waits_as_long_as_the_server_asks_and_says_so(scanned: CommandLine, demo: DemoCluster) -> None:
    demo.plan_faults(Fault("/api/v1/namespaces/shop/pods", code=429, headers={"Retry-After": "1"}, times=1))
    began = time.monotonic()
    done = scanned.run("get", "pods", "-n", "shop", "--live")
    assert (done.code, time.monotonic() - began >= 1) == (0, True)
    assert done.err.count("trying again in 1 s") == 1


def test_credentials_for_a_server_without_tls_are_withheld_and_said_to_be_once(empty: CommandLine, demo: DemoCluster) -> None:
    config = {
        "current-context": "plain",
        "clusters": [{"name": "c", "cluster": {"server": demo.url}}],
        "users": [{"name": "u", "user": {"token": demo.admin.token}}],
        "contexts": [{"name": "plain", "context": {"cluster": "c", "user": "u"}}],
    }
    path = empty.folder / "config"
    path.write_text(yaml.safe_dump(config))
    done = empty.run("get", "pods", "--live", KUBECONFIG=str(path))
    assert done.code == 3
    assert [line.split(":")[0] for line in done.err.splitlines() if "in the clear" in line] == ["warning", "error"]
    assert demo.admin.token not in done.err
    assert "in the clear" in empty.run("doctor", KUBECONFIG=str(path)).out


@pytest.mark.parametrize("live", [(), ("--live",)], ids=["cache", "cluster"])
def test_a_wrong_filter_is_never_an_empty_answer(scanned: CommandLine, live: tuple[str, ...]) -> None:
    done = scanned.run("get", "pods", "-A", "--filter", "statuss=Running", *live)
    assert done.code == 2
    assert "no field or label 'statuss' in pods at column 1" in done.err
    assert "(try: status=Running)" in done.err
    unmatched = scanned.run("get", "pods", "-A", "--filter", "unhealthy", *live)
    assert (unmatched.code, unmatched.out) == (0, "")
    assert "warning: the word 'unhealthy' is in no name" in unmatched.err
    assert "warning: cpu: only pods and nodes have metrics" in scanned.run("get", "deploy", "-A", "--filter", "cpu>1", *live).err


@pytest.mark.parametrize("kind", ["deployment/web", "apps/v1/Deployment/web"])
def test_a_kind_and_a_name_may_be_one_word(scanned: CommandLine, kind: str) -> None:
    found = scanned.run("get", kind, "-n", "shop", "-o", "json").json()
    assert (found["kind"], found["metadata"]["name"]) == ("Deployment", "web")
