"""``k8sconsole cache``: status, clean-up, refresh and SQL."""

from tests.unit.cli.conftest import CommandLine


def test_status_lists_each_kind_with_its_state_and_count(scanned: CommandLine) -> None:
    done = scanned.run("cache", "status")
    assert done.out.splitlines()[0].split() == ["CLUSTER", "KIND", "STATE", "OBJECTS", "READ", "NOTE"]
    pods = next(line.split() for line in done.out.splitlines() if line.split()[1] == "pods")
    assert pods[2] == "completed"
    assert int(pods[3]) > 0


def test_status_of_an_empty_cache_says_what_to_do(empty: CommandLine) -> None:
    done = empty.run("cache", "status")
    assert (done.code, done.out) == (0, "")
    assert "nothing has been read yet (try: k8sconsole scan --once)" in done.err


def test_status_as_json_has_store_clusters_scans_and_indicators(scanned: CommandLine) -> None:
    found = scanned.run("cache", "status", "--json").json()
    assert set(found) == {"store", "clusters", "scans", "indicators"}
    assert found["store"]["objects"] > 0
    assert [cluster["name"] for cluster in found["clusters"]] == ["demo-calm-shop"]


def test_the_calls_of_the_last_day_are_printed_in_prometheus_text_format(own: CommandLine) -> None:
    own.run("tools", "call", "k8s_list_pods", "limit=1")
    text = own.run("cache", "status", "--metrics").out
    assert "# HELP" in text
    assert 'tool="k8s_list_pods"' in text


def test_a_select_answers_as_table_and_as_json(scanned: CommandLine) -> None:
    sql = "SELECT namespace, count(*) AS pods FROM pods GROUP BY 1 ORDER BY 1"
    assert scanned.run("cache", "query", sql).out.splitlines()[0].split() == ["namespace", "pods"]
    rows = scanned.run("cache", "query", sql, "--json").json()
    assert {"namespace", "pods"} == set(rows[0])


def test_a_select_cut_at_its_limit_says_so(scanned: CommandLine) -> None:
    done = scanned.run("cache", "query", "SELECT name FROM pods", "--limit", "1")
    assert len(done.out.splitlines()) == 2
    assert "there is more: the first 1 rows are shown (try: --limit 10)" in done.err


def test_sql_that_writes_is_refused(own: CommandLine) -> None:
    done = own.run("cache", "query", "DELETE FROM pods")
    assert done.code == 2
    assert int(own.run("cache", "query", "SELECT count(*) AS n FROM pods", "--json").json()[0]["n"]) > 0


def test_cleaning_removes_nothing_that_was_confirmed_just_now(own: CommandLine) -> None:
    before = own.run("cache", "query", "SELECT count(*) AS n FROM pods", "--json").json()
    assert own.run("cache", "clean").err.endswith("rows removed\n")
    assert own.run("cache", "query", "SELECT count(*) AS n FROM pods", "--json").json() == before


def test_one_object_can_be_refreshed(own: CommandLine) -> None:
    name = own.run("get", "deploy", "-n", "shop", "-o", "json").json()["items"][0]["metadata"]["name"]
    done = own.run("cache", "refresh", "deploy", name, "-n", "shop")
    assert done.code == 0, done.err
    assert done.out == f"deployments.apps {name} in shop refreshed\n"


def test_some_kinds_can_be_refreshed(own: CommandLine) -> None:
    done = own.run("cache", "refresh", "pods,services", "-n", "shop")
    assert done.code == 0, done.err
    assert {line.split()[1] for line in done.out.splitlines()[1:]} == {"pods", "services"}
