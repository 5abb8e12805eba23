"""What is published: the package as others load it, its metadata, its citations, and that it is the same each time."""

from __future__ import annotations

import dataclasses
import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afterdisc.compile import compile_program
from afterdisc.errors import ImpossibleValue, UndeclaredName
from afterdisc.fhir.publish import files_of, publish, rules_that_need_a_probability
from afterdisc.fhir.publish.cql.findings import is_plain
from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from interop.conftest import DAY, ROOT
from tiny_base import TINY

Json = dict[str, Any]
ARTIFACTS = ("Library", "PlanDefinition", "ActivityDefinition")


def of_type(resources: list[Json], kind: str) -> list[Json]:
    return [r for r in resources if r["resourceType"] == kind]


def walk(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


# ------------------------------------------------------------------------------------------------------------ the package


def test_the_manifest_names_fhir_the_core_and_the_knowledge(package: Path, program: Program) -> None:
    made = json.loads((package / "package.json").read_text(encoding="utf-8"))
    assert made["name"] == "org.afterdisc.fhir"
    assert made["version"] == ".".join([*(str(int(part)) for part in program.version.split(".")), "0"])
    assert made["fhirVersions"] == ["4.0.1"]
    assert made["dependencies"] == {"hl7.fhir.r4.core": "4.0.1"}
    assert made["canonical"] == program.book["fhir"]["canonical"]
    assert program.fingerprint in made["description"]


def test_the_index_lists_every_resource_and_nothing_else(package: Path, resources: list[Json]) -> None:
    index = json.loads((package / ".index.json").read_text(encoding="utf-8"))
    assert index["index-version"] == 1
    assert [f["filename"] for f in index["files"]] == [p.name for p in sorted(package.glob("*-*.json"))]
    for entry, resource in zip(index["files"], resources, strict=True):
        assert (entry["resourceType"], entry["id"], entry["url"]) == (resource["resourceType"], resource["id"], resource["url"])


def test_every_kind_of_resource_is_there(resources: list[Json], knowledge: KnowledgeBase) -> None:
    n = Counter(r["resourceType"] for r in resources)
    assert n["Questionnaire"] == n["PlanDefinition"] == n["OperationDefinition"] == 1
    assert n["ActivityDefinition"] == len(knowledge.investigations) + len(knowledge.treatments)
    assert {r["name"] for r in of_type(resources, "Library")} == {
        "Observations",
        "Findings",
        "RedFlags",
        "ImagingChoice",
        "TreatmentGates",
        "ReEvaluation",
    }
    systems = {r["id"] for r in of_type(resources, "CodeSystem")}
    assert systems >= {"finding", "state", "cause", "treatment", "investigation", "red-flag", "urgency", "ingredient"}
    sets = {r["id"] for r in of_type(resources, "ValueSet")}
    assert {f"ingredients-{group.replace('_', '-')}" for group in knowledge.groups} <= sets
    n_declared = sum(1 for declared in knowledge.fhir.readings.values() for d in declared if d.codes)
    assert sum(name.startswith("reading-") for name in sets) == n_declared
    assert {r["id"] for r in of_type(resources, "ConceptMap")} >= {"finding-to-codes", "codes-to-finding", "cause-to-codes"}


def test_the_same_knowledge_and_day_give_the_same_bytes(
    program: Program, knowledge: KnowledgeBase, folder: Path
) -> None:
    again = files_of(program, read_knowledge(), DAY)
    written = {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}
    assert written == again


def test_another_day_changes_dates_alone(program: Program, knowledge: KnowledgeBase) -> None:
    first, other = (files_of(program, knowledge, day) for day in (DAY, "2026-12-01"))
    days = re.compile("2026-?11-?25|2026-?12-?01")
    assert {name: days.sub("", text) for name, text in first.items()} == {n: days.sub("", t) for n, t in other.items()}
    assert first != other


def test_no_file_names_a_machine_or_a_folder_of_it(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert str(folder) not in text
            assert not re.search(r"(?<![\w.])/(home|root|work|tmp)/|localhost", text)


def test_a_later_publication_takes_away_what_is_no_longer_part(
    program: Program, knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    publish(program, knowledge, tmp_path, DAY)
    tiny = read_knowledge(TINY)
    publish(compile_program(tiny), tiny, tmp_path, DAY)
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert left == set(files_of(compile_program(tiny), tiny, DAY))


def test_a_folder_that_holds_other_files_is_left_alone(program: Program, knowledge: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="other files"):
        publish(program, knowledge, tmp_path, DAY)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_day_that_is_none_is_refused(program: Program, knowledge: KnowledgeBase) -> None:
    with pytest.raises(ImpossibleValue, match="ISO date"):
        files_of(program, knowledge, "tomorrow")


# ----------------------------------------------------------------------------------------------------------- the metadata


def test_every_resource_says_which_knowledge_it_is_from(resources: list[Json], program: Program) -> None:
    value = f"{program.version}-{program.fingerprint}"
    for resource in resources:
        identifier = resource.get("identifier", {"value": resource.get("comment")})
        told = (identifier if isinstance(identifier, dict) else identifier[0])["value"]
        assert told == (f"Knowledge {value}." if resource["resourceType"] == "OperationDefinition" else value)
        assert resource["version"] == ("1.0.0" if resource["id"] == "Observations" else program.version)
        assert resource["date"] == DAY
        for element in ("title", "name", "status", "publisher", "description"):
            assert resource[element]
        assert resource["experimental"] is True


def test_knowledge_artifacts_say_all_that_ahrq_and_cpg_ask(resources: list[Json], knowledge: KnowledgeBase) -> None:
    artifacts = [r for kind in ARTIFACTS for r in of_type(resources, kind)]
    assert len(artifacts) > 70
    for resource in artifacts:
        for element in ("purpose", "usage", "copyright", "topic", "author", "editor", "useContext"):
            assert resource[element], element
        assert resource["reviewer"] == [{"name": "Not yet reviewed by an independent clinician"}]
        assert "approvalDate" not in resource
        assert resource["_approvalDate"]["extension"][0]["valueCode"] == "not-performed"
        assert resource["effectivePeriod"]["start"] == DAY
    (plan,) = of_type(resources, "PlanDefinition")
    assert plan["effectivePeriod"]["end"] == knowledge.review_by


def test_after_its_review_date_knowledge_is_not_said_to_begin_later_than_it_ends(
    program: Program, knowledge: KnowledgeBase
) -> None:
    plan = json.loads(files_of(program, knowledge, "2031-01-01")["package/PlanDefinition-re-evaluation.json"])
    assert plan["effectivePeriod"] == {"end": knowledge.review_by}


# ---------------------------------------------------------------------------------------------------------- the citations


def actions_by_id(plan: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for node in walk(plan["action"]):
        if "title" in node and "id" in node:
            assert node["id"] not in found
            found[node["id"]] = node
    return found


def test_every_rule_has_its_action_and_its_action_all_that_it_rests_on(resources: list[Json], knowledge: KnowledgeBase) -> None:
    (plan,) = of_type(resources, "PlanDefinition")
    actions = actions_by_id(plan)
    supports = {f"{f.id}_uncleared": f.support for f in knowledge.red_flags.values()}
    supports |= {r.id: r.support for r in knowledge.imaging.values()}
    for rule in (*knowledge.gates, *(r for t in knowledge.treatments.values() for r in t.rules)):
        supports[rule.id.replace(".", "__") + ("_unmet" if rule.then == "require" else "")] = rule.support
    for name, support in supports.items():
        documents = actions[name].get("documentation", [])
        told = " ".join(d.get("display", "") for d in documents)
        for fact in support.facts:
            assert re.search(rf"\b{fact}\b", told)
            place = knowledge.facts[fact].locator
            assert not place or place in told
        if support.because:
            assert support.because.strip() in told
        for document in documents:
            work = knowledge.sources.get(document.get("label", ""))
            if document["type"] == "citation" and work and work.doi:
                assert document["url"].startswith("https://doi.org/10.")


def test_every_treatment_cites_the_facts_of_its_guidelines(resources: list[Json], knowledge: KnowledgeBase) -> None:
    made = {r["id"]: r for r in of_type(resources, "ActivityDefinition")}
    for treatment in knowledge.treatments.values():
        told = " ".join(d.get("display", "") for d in made[treatment.id.replace("_", "-")].get("relatedArtifact", ()))
        assert all(fact in told for guideline in treatment.guidelines for fact in guideline.facts)


# ---------------------------------------------------------------------------------------------------------- what refers to what


def test_every_address_of_ours_that_is_referred_to_is_published(resources: list[Json], program: Program) -> None:
    canonical = program.book["fhir"]["canonical"]
    published = {r["url"] for r in resources} | {f"{r['url']}|{r['version']}" for r in resources}
    known = {f"{canonical}/knowledge"}
    for resource in resources:
        for text in set(re.findall(rf'"({re.escape(canonical)}/[^"]+)"', json.dumps(resource))):
            assert text in published | known, f"{resource['resourceType']}/{resource['id']}: {text}"


def test_every_code_of_ours_is_in_its_code_system(resources: list[Json]) -> None:
    systems = {r["url"]: {c["code"] for c in r["concept"]} for r in of_type(resources, "CodeSystem")}
    n = 0
    for resource in resources:
        for node in walk(resource):
            if node.get("system") in systems:
                codes = [node["code"]] if "code" in node else [c["code"] for c in node.get("concept", ())]
                assert set(codes) <= systems[node["system"]]
                n += len(codes)
    assert n > 1000


def test_every_condition_of_the_plan_is_an_expression_of_its_library(resources: list[Json]) -> None:
    (plan,) = of_type(resources, "PlanDefinition")
    by_address = {f"{r['url']}|{r['version']}": r for r in resources}
    elm = json.loads(b64decode(by_address[plan["library"][0]]["content"][1]["data"]))
    names = {s["name"] for s in elm["library"]["statements"]["def"]}
    asked = {node["expression"] for node in walk(plan) if node.get("language") == "text/cql"}
    assert len(asked) > 900
    assert asked <= names
    assert all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in asked), "a plan can write a plain identifier only"


def test_a_map_and_its_mirror_say_the_same(resources: list[Json]) -> None:
    maps = {r["id"]: r for r in of_type(resources, "ConceptMap")}
    mirror = {"narrower": "wider", "wider": "narrower"}

    def rows(made: Json) -> set[tuple[str, ...]]:
        return {
            (g["source"], e["code"], g["target"], t["code"], t["equivalence"])
            for g in made["group"] for e in g["element"] for t in e["target"]
        }  # fmt: skip

    for name in ("finding", "cause", "investigation", "treatment"):
        there, back = rows(maps[f"{name}-to-codes"]), rows(maps[f"codes-to-{name}"])
        assert {(d, c, a, b, mirror.get(e, e)) for a, b, d, c, e in there} == {(s, c, t, b, e) for s, c, t, b, e in back}
        assert there


def test_what_is_narrower_or_related_says_why(resources: list[Json]) -> None:
    for made in of_type(resources, "ConceptMap"):
        for target in (t for g in made["group"] for e in g["element"] for t in e["target"]):
            assert target["equivalence"] in ("equivalent", "relatedto", "narrower", "wider")
            assert target["equivalence"] == "equivalent" or target["comment"]


def test_the_rules_that_need_a_probability_are_counted_and_listed(folder: Path, knowledge: KnowledgeBase) -> None:
    page = (folder / "input/pagecontent/index.md").read_text(encoding="utf-8")
    asking = rules_that_need_a_probability(knowledge)
    assert 0 < len(asking) < 200
    assert f"{len(asking)} of " in page
    assert re.findall(r"^- `(.+)`$", page, re.MULTILINE) == asking


def test_the_manual_counts_them_too(knowledge: KnowledgeBase) -> None:
    page = (ROOT / "docs/how-to/published-knowledge.md").read_text(encoding="utf-8")
    n_rules = sum(len(treatment.rules) for treatment in knowledge.treatments.values())
    n_asking = len(rules_that_need_a_probability(knowledge))
    assert f"Of the {n_rules} rules of treatments, {n_asking} ask how probable a cause is." in page
    read = [finding for finding, declared in knowledge.fhir.readings.items() if any(map(is_plain, map(vars, declared)))]
    assert len(read) == 8, "the manual names the measurements that are read from LOINC"


def test_two_ids_that_are_one_in_fhir_are_refused(program: Program, knowledge: KnowledgeBase) -> None:
    twin = dataclasses.replace(knowledge.investigations["bladder_scan"], id="bladder-scan")
    both = dataclasses.replace(knowledge, investigations={**knowledge.investigations, "bladder-scan": twin})
    with pytest.raises(UndeclaredName, match=r"ActivityDefinition-bladder-scan\.json"):
        files_of(program, both, DAY)
