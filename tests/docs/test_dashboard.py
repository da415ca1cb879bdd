"""Grafana's dashboard shows metrics that exist, by labels that they have, and Grafana finds it."""

from __future__ import annotations

import itertools
import json
import re

import pytest
import yaml

from tests.support.observability import metric_names
from tests.support.pages import DOCS, ROOT, quoted, rows, section

DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text("utf-8"))
PANELS = DASHBOARD["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
LABELS = {
    quoted(row[0])[0]: set(quoted(row[1]))
    for row in rows(section((DOCS / "operations.md").read_text(), "Metrics"))
}
#: Columns of Grafana's grid.
_WIDTH = 24


def metric(series):
    """The metric of a series: a histogram has three."""
    return re.sub(r"_(bucket|sum|count)$", "", series)


def test_every_metric_that_it_names_exists_and_it_leaves_none_out():
    named = {
        metric(each) for query in QUERIES for each in re.findall(r"zendesk_handoff_\w+", query)
    }
    assert named == metric_names()
    variables = json.dumps(DASHBOARD["templating"])
    assert set(re.findall(r"zendesk_handoff_\w+", variables)) <= metric_names()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_uses_labels_that_the_metric_has(query):
    found = re.findall(r"(zendesk_handoff_\w+)(?:\{([^}]*)\})?", query)
    labels = set.union(*(LABELS[metric(series)] for series, _ in found), set())
    labels |= {"le"} if "_bucket" in query else set()
    asked = {
        label for _, matchers in found for label in re.findall(r"(\w+)\s*(?:=~|!=|=)", matchers)
    }
    for group in re.findall(r"by \(([^)]*)\)", query):
        asked |= set(re.split(r",\s*", group))
    assert not found or asked <= labels


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_legend_names_labels_that_are_left(panel):
    for target in panel["targets"]:
        outer = re.search(r"by \(([^)]*)\)", target["expr"])
        left = set(re.split(r",\s*", outer[1])) if outer else set()
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= left


def test_panels_have_a_place_of_their_own_and_say_what_they_show():
    taken = set()
    for panel in PANELS:
        at = panel["gridPos"]
        cells = set(
            itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"]))
        )
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < _WIDTH
        taken |= cells
        assert panel["title"] and panel["description"].endswith(".")
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_the_data_source_is_chosen_by_the_reader():
    first = DASHBOARD["templating"]["list"][0]
    assert (first["type"], first["name"]) == ("datasource", "datasource")
    sources = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert sources == {"${datasource}"}


def test_grafana_finds_both():
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    mounted = dict(volume.split(":")[:2][::-1] for volume in services["grafana"]["volumes"])
    assert mounted["/etc/grafana/provisioning/datasources/datasources.yml"]
    providers = yaml.safe_load((DEPLOY / "grafana" / "dashboards.yml").read_text())["providers"]
    [folder] = [each["options"]["path"] for each in providers]
    assert mounted[f"{folder}/dashboard.json"] == "./grafana/dashboard.json"
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/dashboard.json"
    sources = yaml.safe_load((DEPLOY / "grafana" / "datasources.yml").read_text())["datasources"]
    [address] = [each["url"] for each in sources]
    host, port = re.fullmatch(r"http://(\w+):(\d+)", address).groups()
    assert host in services
    assert any(each.endswith(f":{port}") for each in services[host]["ports"])


def test_nobody_elses_machine_reaches_it():
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    for name in ("grafana", "prometheus"):
        assert all(each.startswith("127.0.0.1:") for each in services[name]["ports"])
