"""The formulary as a whole: its own files, HCPCS, a site's file, messages."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from timeline.formulary import Formulary, FormularyError, default_formulary


def site_file(folder: Path, text: str) -> Path:
    file = folder / "our_drugs.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_bundled_formulary_is_read_once_and_has_a_fingerprint() -> None:
    formulary = default_formulary()
    assert formulary is default_formulary()
    assert formulary.name == "bundled"
    assert len(formulary.sha256) == 64
    assert Formulary.load().sha256 == formulary.sha256
    assert len(formulary.entries) > 700


def test_every_class_says_why_and_how_sure() -> None:
    formulary = default_formulary()
    for group in {entry.group for entry in formulary.entries}:
        basis = formulary.bases[group]
        assert len(basis.text) > 30, group
        assert basis.source, group
        assert basis.confidence in {"read", "second-hand", "convention"}, group


def test_every_name_of_the_formulary_finds_its_own_entry() -> None:
    """Alone on a chart, no name may be taken for another drug."""
    formulary = default_formulary()
    for entry in formulary.entries:
        for name in entry.names:
            if entry.only_with_fluid:
                continue
            match = formulary.match(name)
            assert set(entry.contains) <= set(match.ingredients), (name, match.ingredients)
            assert match.category == entry.category, (name, match)


@pytest.mark.parametrize(
    ("name", "hcpcs", "ingredients", "category", "entry"),
    [
        ("wonderdrug", "J9271", ("pembrolizumab",), "chemo", "antineoplastics: pembrolizumab (by J9271)"),
        ("wonderdrug", "J9999", ("wonderdrug",), "chemo", "hcpcs: J9000-J9999"),
        ("wonderdrug", "j9209", ("mesna",), "therapeutic", "(by J9209)"),
        ("wonderdrug", "J1745", ("infliximab",), "chemo", "complex biologics: infliximab"),
        ("wonderdrug", "Q5104", ("infliximab",), "chemo", "complex biologics: infliximab"),
        ("wonderdrug", "J2405", ("ondansetron",), "therapeutic", "ondansetron"),
        ("bag", "J7030", ("sodium chloride 0.9%",), "hydration", "fluids"),
        ("bag", "J7040", ("sodium chloride 0.9%",), "hydration", "fluids"),
        ("bag", "J7050", ("sodium chloride 0.9%",), "hydration", "fluids"),
        ("bag", "J7120", ("lactated ringer's",), "hydration", "fluids"),
        ("NS 250 mL", "J9267", ("paclitaxel",), "chemo", "antineoplastics: paclitaxel"),
        ("NS 250 mL", "J9999", ("j9999",), "chemo", "hcpcs: J9000-J9999"),
        ("NS KVO", "J7050", ("sodium chloride 0.9%",), "hydration", "fluids"),
        ("vancomycin", "J9999", ("vancomycin",), "therapeutic", "antimicrobials: vancomycin"),
        ("wonderdrug", "X1234", ("wonderdrug",), None, None),
    ],
)
def test_hcpcs_speaks_where_the_name_is_silent(
    name: str, hcpcs: str, ingredients: tuple[str, ...], category: str | None, entry: str | None
) -> None:
    match = default_formulary().match(name, hcpcs=hcpcs)
    assert (match.ingredients, match.category) == (ingredients, category)
    assert match.entry is None if entry is None else entry in (match.entry or "")


def test_hormonal_is_unknown_when_only_the_range_is_known() -> None:
    formulary = default_formulary()
    assert formulary.match("wonderdrug", hcpcs="J9999").hormonal is None
    assert formulary.match("wonderdrug", hcpcs="J9217").hormonal is True
    assert formulary.match("wonderdrug", hcpcs="J9250").hormonal is False


def test_a_site_adds_names_and_drugs(tmp_path: Path) -> None:
    formulary = Formulary.load(
        site_file(
            tmp_path,
            """
            entries:
              vancomycin: [big red bag]
              wonderdrug: {category: chemo, names: [wd-7], codes: ["0409-9999-01"], hormonal: true}
            """,
        )
    )
    assert formulary.match("Big Red Bag 1 g").ingredients == ("vancomycin",)
    assert formulary.match("vanco").entry == "site: vancomycin"
    assert formulary.match("WD-7 in NS").category == "chemo"
    assert formulary.match("WD-7 in NS").hormonal is True
    by_code = formulary.match("line 4", code="0409-9999-01")
    assert (by_code.ingredients, by_code.category, by_code.entry) == (
        ("wonderdrug",),
        "chemo",
        "site: wonderdrug (by code)",
    )
    assert formulary.name == "bundled + our_drugs.yaml"
    assert formulary.sha256 != default_formulary().sha256


def test_a_site_overrides_a_category_and_keeps_the_rest(tmp_path: Path) -> None:
    formulary = Formulary.load(
        site_file(tmp_path, "entries:\n  vedolizumab: therapeutic\n  denosumab: {category: chemo}\n")
    )
    assert formulary.match("Entyvio 300 mg").category == "therapeutic"
    assert formulary.match("Entyvio 300 mg").entry == "site: vedolizumab"
    assert formulary.match("Prolia").category == "chemo"
    assert formulary.match("infliximab").category == "chemo"


def test_a_site_moves_a_name_and_adds_patterns_and_codes(tmp_path: Path) -> None:
    formulary = Formulary.load(
        site_file(
            tmp_path,
            """
            entries:
              levofloxacin: [levo]
              hydrocortisone: [hc]
              fentanyl: [ctx]
            hcpcs: {J0001: levofloxacin}
            patterns:
              - {word: oncopack, category: chemo}
            """,
        )
    )
    assert formulary.match("levo 750 mg").ingredients == ("levofloxacin",)
    assert formulary.match("CTX").ingredients == ("fentanyl",), "the site's meaning of an abbreviation wins"
    assert formulary.match("oncopack 3").category == "chemo"
    assert formulary.match("???", hcpcs="J0001").ingredients == ("levofloxacin",)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("entries: [a, b", "line 2", "is not valid YAML"),
        ("- a\n- b\n", "our_drugs.yaml:", "is not a formulary"),
        ("entries:\n  wonderdrug: [wd]\n", "entries > wonderdrug", "has no category"),
        ("entries:\n  wonderdrug: {category: magic}\n", "entries > wonderdrug > category", "is not a category"),
        ("entries:\n  wonderdrug: {categroy: chemo}\n", "entries > wonderdrug > categroy", "is not known here"),
        ("entries:\n  wonderdrug: 12\n", "entries > wonderdrug", "neither a list of names nor a mapping"),
        ("entries:\n  wonderdrug: {category: chemo, names: wd}\n", "entries > wonderdrug > names", "is not a list"),
        ("entries:\n  wonderdrug: {category: chemo, hormonal: maybe}\n", "wonderdrug > hormonal", "true or false"),
        ("entries:\n  a1: {category: chemo}\n  a1: {category: blood}\n", "line 3", "stands twice"),
        ("entires:\n  a1: {category: chemo}\n", "top level > entires", "is not known here"),
        ("hcpcs: {J1234: unheardof}\n", "hcpcs > unheardof", "is not an entry"),
        ("hcpcs_ranges: [{from: A, to: B}]\n", "hcpcs_ranges > item 1", "needs from, to and category"),
        ("patterns: [{word: x}]\n", "patterns > item 1", "needs word (or ending) and category"),
    ],
)
def test_a_site_file_in_error_says_where_and_what_to_do(tmp_path: Path, text: str, place: str, says: str) -> None:
    with pytest.raises(FormularyError) as caught:
        Formulary.load(site_file(tmp_path, text))
    message = str(caught.value)
    assert message.startswith("our_drugs.yaml")
    assert place in message
    assert says in message
    assert caught.value.fix
    assert str(tmp_path) not in message


def test_a_site_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FormularyError, match=r"^nowhere\.yaml: could not be read"):
        Formulary.load(tmp_path / "nowhere.yaml")


def test_a_site_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "drugs.yaml"
    file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(FormularyError, match="not UTF-8"):
        Formulary.load(file)


def test_matching_is_quick_and_cached() -> None:
    formulary = default_formulary()
    names = [
        f"paclitaxl {n} mg + unknownmab{n} in sodium chloride 0.9% {n} mL (chemo) over 3 hr" for n in range(100, 300)
    ]
    start = time.perf_counter()
    for name in names:
        formulary.match(name)
    assert (time.perf_counter() - start) / len(names) < 0.005, "a busy test machine gets five times the budget"
    assert formulary.match(names[0]) is formulary.match(names[0])
