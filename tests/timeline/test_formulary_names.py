"""Charted names, as nurses and pharmacies write them, against what a pharmacist would say they are.

Each line: charted name | ingredients | category | part of the deciding entry (or ``unlisted``).
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.formulary import default_formulary

FLUIDS = """
NaCl 0.9%                                    | sodium chloride 0.9%         | hydration | fluids: sodium chloride 0.9%
0.9 % sodium chloride                        | sodium chloride 0.9%         | hydration | fluids
.9% NaCl 1L wide open                        | sodium chloride 0.9%         | hydration | fluids
0,9% NaCl 500 ml                             | sodium chloride 0.9%         | hydration | fluids
N.S.                                         | sodium chloride 0.9%         | hydration | fluids
NS 125 ml/hr                                 | sodium chloride 0.9%         | hydration | fluids
saline                                       | sodium chloride 0.9%         | hydration | fluids
½ NS                                         | sodium chloride 0.45%        | hydration | fluids
1/2NS                                        | sodium chloride 0.45%        | hydration | fluids
SODIUM CHLORIDE 0.45 % IV SOLN               | sodium chloride 0.45%        | hydration | fluids
D5W                                          | dextrose 5%                  | hydration | fluids
Dextrose 5% 50 mL                            | dextrose 5%                  | hydration | fluids
Dextrose 50 mL                               | dextrose 5%                  | hydration | fluids
D5LR                                         | dextrose 5%, lactated ringer's | hydration | fluids
D5NS                                         | dextrose 5%, sodium chloride 0.9% | hydration | fluids
D51/2NS                                      | dextrose 5%, sodium chloride 0.45% | hydration | fluids
D5.45NS                                      | dextrose 5%, sodium chloride 0.45% | hydration | fluids
DEXTROSE-NACL 5-0.45 % IV SOLN               | dextrose 5%, sodium chloride 0.45% | hydration | fluids
LR bolus                                     | lactated ringer's            | hydration | fluids
Hartmann's 1L                                | lactated ringer's            | hydration | fluids
Plasma-Lyte A                                | plasma-lyte                  | hydration | fluids
IV fluids                                    | iv fluid                     | hydration | fluids
hydration fluid                              | iv fluid                     | hydration | fluids
NS for dehydration                           | sodium chloride 0.9%         | hydration | fluids
pre-cisplatin hydration NS 1 L               | sodium chloride 0.9%         | hydration | fluids
hydration pre chemo                          | iv fluid                     | hydration | fluids
"""

POTASSIUM = """
D5 1/2NS + 20 KCL 1000 mL | dextrose 5%, potassium chloride, sodium chloride 0.45% | hydration | fluids
D5 half NS 1000 mL + KCl 20 mEq | dextrose 5%, potassium chloride, sodium chloride 0.45% | hydration | fluids
NS with 40 K @ 125 mL/hr                     | potassium chloride, sodium chloride 0.9% | hydration | fluids
LR with 20 KCl                               | lactated ringer's, potassium chloride | hydration | fluids
IV fluid with potassium                      | iv fluid, potassium chloride | hydration | fluids
POTASSIUM CHLORIDE IN NACL 20-0.9 MEQ/L | potassium chloride, sodium chloride 0.9% | hydration | in a maintenance fluid
potassium chloride 20 mEq in NS 1,000 mL | potassium chloride, sodium chloride 0.9% | hydration | in a maintenance fluid
potassium chloride 10 mEq in 100 mL NS | potassium chloride | therapeutic | electrolytes: potassium chloride
KCl 20 mEq in NS IVPB | potassium chloride | therapeutic | electrolytes: potassium chloride
K rider 10meq | potassium chloride | therapeutic | electrolytes: potassium chloride
KCL | potassium chloride | therapeutic | electrolytes: potassium chloride
heparin 20K units in D5W | heparin | therapeutic | anticoagulants and hemostatics: heparin
"""

CARRIERS = """
NS @ KVO                                     | sodium chloride 0.9%         | carrier | keep-open fluid
NS TKO                                       | sodium chloride 0.9%         | carrier | keep-open fluid
0.9 % sodium chloride (NS) flush             | sodium chloride 0.9%         | carrier | flushes and carriers: flush
NS flush after vancomycin                    | sodium chloride 0.9%         | carrier | flushes and carriers: flush
D5W carrier fluid for Oxaliplatin            | dextrose 5%                  | carrier | flushes and carriers: carrier
saline lock                                  | sodium chloride 0.9%         | carrier | flushes and carriers: lock
heparin flush                                | heparin                      | carrier | flushes and carriers: flush
Heparin Lock Flush (Porcine) PF 100 unit/mL  | heparin                      | carrier | flushes and carriers
heparin | heparin | therapeutic | anticoagulants and hemostatics: heparin
alteplase 2 mg flush | alteplase | therapeutic | anticoagulants and hemostatics: alteplase
NS for blood transfusion                     | sodium chloride 0.9%         | carrier | fluid beside blood
saline between units of blood                | sodium chloride 0.9%         | carrier | fluid beside blood
sterile water for injection | sterile water | carrier | flushes and carriers: sterile water
"""

NOT_HYDRATION = """
sodium bicarbonate                           | sodium bicarbonate           | therapeutic | fluids given as drugs
Sodium bicarbonate 150 mEq in D5W 1000 mL    | sodium bicarbonate           | therapeutic | fluids given as drugs
Normal saline with 2 amps bicarb             | sodium bicarbonate           | therapeutic | fluids given as drugs
dextrose 50%                                 | dextrose 50%                 | therapeutic | fluids given as drugs
D50W 50 mL                                   | dextrose 50%                 | therapeutic | fluids given as drugs
3% NaCl 250 mL                               | hypertonic saline            | therapeutic | fluids given as drugs
sodium phosphate | sodium phosphate | therapeutic | electrolytes: sodium phosphate
calcium gluconate in NS | calcium gluconate | therapeutic | electrolytes: calcium gluconate
MgSO4 2g in NS 50 mL | magnesium sulfate | therapeutic | electrolytes: magnesium sulfate
banana bag                                   | folic acid, multivitamin, thiamine | therapeutic | vitamins
NS 1000 mL + MVI + thiamine 100 mg + folic acid 1 mg | folic acid, multivitamin, thiamine | therapeutic | vitamins
sodium ferric gluconate in sodium chloride 0.9% | sodium ferric gluconate      | therapeutic | iron
aminophylline                                | aminophylline                | therapeutic | steroids
mannitol 12.5 g in NS with KCl 20 mEq | mannitol, potassium chloride | therapeutic | fluids given as drugs: mannitol
unknownmab in NS                             | unknownmab                   | none | unlisted
unknownmab sodium chloride 0.9% 100 mL IVPB  | unknownmab                   | none | unlisted
Albumin 5%                                   | albumin                      | blood | blood: albumin
2 units PRBCs                                | red blood cells              | blood | blood
FFP                                          | plasma                       | blood | blood
TPN without Lipids                           | parenteral nutrition         | nutrition | nutrition
fat emulsion 20 %                            | lipid emulsion               | nutrition | nutrition
Contrast: Isovue-370                         | iopamidol                    | contrast | contrast
tdap (BOOSTRIX) vaccine                      | tetanus/diphtheria/pertussis vaccine | vaccine | vaccines
lidocaine (PF) 10 mg/mL (1 %) injection      | lidocaine                    | anaesthesia | local lidocaine
lidocaine 4 mg/mL D5W infusion               | lidocaine                    | therapeutic | vasoactives
ceftriaxone 1 g in lidocaine 1% IM           | ceftriaxone                  | therapeutic | antimicrobials
"""

DRUGS = """
Piperacillin/Tazobactam (Zosyn) | piperacillin/tazobactam | therapeutic | antimicrobials: piperacillin/tazobactam
Pip-Tazo 3.375 G IVPB                        | piperacillin/tazobactam      | therapeutic | antimicrobials
PIPERACILLIN SOD-TAZOBACTAM SO 3.375 (3-0.375) G IV SOLR | piperacillin/tazobactam      | therapeutic | antimicrobials
vancomycin hydrochloride                     | vancomycin                   | therapeutic | antimicrobials: vancomycin
VANCO 1GM/250ML NS                           | vancomycin                   | therapeutic | antimicrobials: vancomycin
vancomycin 1 g in sodium chloride 0.9% 250 mL | vancomycin                   | therapeutic | antimicrobials: vancomycin
vancomycin with trough                       | vancomycin                   | therapeutic | antimicrobials: vancomycin
azithromycin in NS piggyback                 | azithromycin                 | therapeutic | antimicrobials: azithromycin
cefazolin in dextrose (iso-osmotic) 2 g/50 mL IVPB | cefazolin                    | therapeutic | antimicrobials
penicillin G potassium 4 MU in D5W           | penicillin g potassium       | therapeutic | antimicrobials
dexamethasone + ondansetron                  | dexamethasone, ondansetron   | therapeutic | steroids
ondansetron 8 mg, dexamethasone 12 mg in NS 50 mL | dexamethasone, ondansetron   | therapeutic | steroids
dexamethasone sodium phosphate 10 mg         | dexamethasone                | therapeutic | steroids
ondansetron for chemo nausea                 | ondansetron                  | therapeutic | steroids
ketorolac tromethamine                       | ketorolac                    | therapeutic | sedation
esomeprazole magnesium                       | esomeprazole                 | therapeutic | steroids
Insulin - Regular                            | insulin regular              | therapeutic | hormones
tPA                                          | alteplase                    | therapeutic | anticoagulants
calcium chloride 1 g amp                     | calcium chloride             | therapeutic | electrolytes
Privigen 10%                                 | immune globulin              | therapeutic | iron, immune
octreotide                                   | octreotide                   | therapeutic | steroids
mesna                                        | mesna                        | therapeutic | steroids
leucovorin calcium 350 mg                    | leucovorin                   | therapeutic | leucovorin
LEVOleucovorin                               | levoleucovorin               | therapeutic | levoleucovorin
"""

CHEMO = """
PACLITAXEL (TAXOL) CHEMO INFUSION            | paclitaxel                   | chemo | antineoplastics: paclitaxel
Paclitaxel protein-bound (Abraxane)          | nab-paclitaxel               | chemo | antineoplastics: nab-paclitaxel
paclitaxel albumin-bound 100 mg              | nab-paclitaxel               | chemo | antineoplastics: nab-paclitaxel
DOXOrubicin                                  | doxorubicin                  | chemo | antineoplastics: doxorubicin
doxorubicin liposomal (Doxil) | doxorubicin liposomal | chemo | antineoplastics: doxorubicin liposomal
Doxorubicin HCl Liposome Injection | doxorubicin liposomal | chemo | antineoplastics: doxorubicin liposomal
irinotecan liposome (ONIVYDE) | irinotecan liposomal | chemo | antineoplastics: irinotecan liposomal
5FU                                          | fluorouracil                 | chemo | antineoplastics: fluorouracil
5-FU pump                                    | fluorouracil                 | chemo | antineoplastics: fluorouracil
MTX                                          | methotrexate                 | chemo | antineoplastics: methotrexate
ifosfamide + mesna                           | ifosfamide, mesna            | chemo | antineoplastics: ifosfamide
cisplatin 100 mg + mannitol 25 g in NS 1000 mL | cisplatin, mannitol          | chemo | antineoplastics: cisplatin
rituximab-abbs                               | rituximab                    | chemo | antineoplastics: rituximab
pertuzumab-trastuzumab-hyaluronidase-zzxf    | pertuzumab/trastuzumab/hyaluronidase | chemo | antineoplastics
infliximab 200 mg                            | infliximab                   | chemo | complex biologics: infliximab
vedolizumab (ENTYVIO) 300 mg                 | vedolizumab                  | chemo | complex biologics
tocilizumab                                  | tocilizumab                  | chemo | complex biologics
chemo x                                      | chemo x                      | chemo | patterns: word 'chemo'
zibotaplatin 100 mg in D5W                   | zibotaplatin                 | chemo | patterns: ending 'platin'
"""

MISSPELLED = """
vancomycn | vancomycin | therapeutic | misspelled, read as vancomycin
pantoprozole | pantoprazole | therapeutic | misspelled, read as pantoprazole
paclitaxol                                   | paclitaxel                   | chemo | misspelled, read as paclitaxel
frusemid | furosemide | therapeutic | misspelled, read as frusemide
zofarn                                       | zofarn                       | none | unlisted
"""

UNLISTED = """
drug A                                       | drug a                       | none | unlisted
drug B                                       | drug b                       | none | unlisted
a                                            | a                            | none | unlisted
b                                            | b                            | none | unlisted
single drug                                  | single drug                  | none | unlisted
second drug by protocol                      | second drug by protocol      | none | unlisted
MK-3475 200 mg                               | mk 3475                      | none | unlisted
MK-7902                                      | mk 7902                      | none | unlisted
wonderdrug (Brandname) 200 mg/100 mL IVPB    | wonderdrug                   | none | unlisted
wonderdrug hydrochloride inj                 | wonderdrug                   | none | unlisted
wonderdrug + KCl 20 mEq                      | potassium chloride, wonderdrug | none | unlisted
wonderdrug + paclitaxel                      | paclitaxel, wonderdrug       | chemo | antineoplastics: paclitaxel
20 mg                                        | 20 mg                        | none | unlisted
"""


PUBLISHED_CASES = """
cefepime                                     | cefepime                     | therapeutic | antimicrobials
ceftriaxone                                  | ceftriaxone                  | therapeutic | antimicrobials
cyclophosphamide                             | cyclophosphamide             | chemo | antineoplastics
diphenhydramine                              | diphenhydramine              | therapeutic | steroids
famotidine                                   | famotidine                   | therapeutic | steroids
fluorouracil                                 | fluorouracil                 | chemo | antineoplastics
oxaliplatin                                  | oxaliplatin                  | chemo | antineoplastics
infliximab                                   | infliximab                   | chemo | complex biologics
normal saline                                | sodium chloride 0.9%         | hydration | fluids
fluids                                       | iv fluid                     | hydration | fluids
electrolyte                                  | electrolytes                 | therapeutic | electrolytes
antibiotic A                                 | antibiotic a                 | therapeutic | patterns: word 'antibiotic'
chemo drug 1                                 | chemo drug 1                 | chemo | patterns: word 'chemo'
"""


def chart(*tables: str) -> list[tuple[str, tuple[str, ...], str | None, str | None]]:
    rows = []
    for line in "\n".join(tables).strip().splitlines():
        if line.strip():
            name, ingredients, category, entry = (cell.strip() for cell in line.split("|"))
            rows.append(
                (
                    name,
                    tuple(i.strip() for i in ingredients.split(", ")),
                    None if category == "none" else category,
                    None if entry == "unlisted" else entry,
                )
            )
    return rows


CHART = chart(FLUIDS, POTASSIUM, CARRIERS, NOT_HYDRATION, DRUGS, CHEMO, MISSPELLED, UNLISTED, PUBLISHED_CASES)


@pytest.mark.parametrize(("name", "ingredients", "category", "entry"), CHART, ids=[row[0] for row in CHART])
def test_charted_name(name: str, ingredients: tuple[str, ...], category: str | None, entry: str | None) -> None:
    match = default_formulary().match(name)
    assert (match.ingredients, match.category) == (ingredients, category)
    assert match.entry is None if entry is None else entry in (match.entry or "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("drug A", "drug B"),
        ("chemo drug 1", "chemo drug 2"),
        ("antibiotic A", "antibiotic B"),
        ("leucovorin", "levoleucovorin"),
        ("doxorubicin", "doxorubicin liposomal"),
        ("irinotecan", "irinotecan liposomal"),
        ("paclitaxel", "paclitaxel protein-bound"),
        ("MK-3475", "MK-3476"),
        ("insulin regular", "insulin glargine"),
    ],
)
def test_different_drugs_stay_different(one: str, other: str) -> None:
    assert default_formulary().match(one).ingredients != default_formulary().match(other).ingredients


@pytest.mark.parametrize("name", ["", "   ", "???", "1", "+", "w/", "(", "IVPB", "without", "½", "NS +", "注射液"])
def test_any_text_has_an_identity(name: str) -> None:
    match = default_formulary().match(name)
    assert match.ingredients
    assert all(match.ingredients)


@given(st.text(max_size=60) | st.text(alphabet="nsd5wkcl 0.9%1/2+,()-w/mg&", max_size=30))
def test_no_text_is_too_strange(name: str) -> None:
    match = default_formulary().match(name)
    assert all(match.ingredients)
    assert match.ingredients == tuple(sorted(set(match.ingredients)))
    assert (match.entry is None) == (match.category is None)


def test_parts_of_a_mix_say_what_each_is() -> None:
    match = default_formulary().match("vancomycin 1 g + wonderdrug in NS 250 mL")
    assert [(p.ingredient, p.category, p.entry) for p in match.parts] == [
        ("vancomycin", "therapeutic", "antimicrobials: vancomycin"),
        ("wonderdrug", None, None),
        ("sodium chloride 0.9%", "hydration", "fluids: sodium chloride 0.9%"),
    ]
    assert match.ingredients == ("vancomycin", "wonderdrug")
    assert match.unlisted == ("wonderdrug",)
    assert match.category is None, "the unlisted part might be chemo"


@pytest.mark.parametrize(
    ("name", "electrolyte"),
    [
        ("KCl 20 mEq IVPB", True),
        ("magnesium sulfate 2 g", True),
        ("potassium phosphate 15 mmol in NS 250 mL", True),
        ("electrolyte", True),
        ("Magnesium Sulfate (OB-GYN)", False),
        ("D5 1/2NS + 20 KCl 1000 mL", False),
        ("magnesium sulfate 2 g + furosemide 20 mg", False),
        ("sodium bicarbonate", False),
        ("hypertonic saline", False),
    ],
)
def test_electrolyte_replacement_is_flagged_for_the_switch(name: str, electrolyte: bool) -> None:
    assert default_formulary().match(name).electrolyte is electrolyte


@pytest.mark.parametrize(
    ("name", "hormonal"),
    [
        ("Lupron Depot 22.5 mg", True),
        ("fulvestrant", True),
        ("degarelix (FIRMAGON)", True),
        ("goserelin implant", True),
        ("methotrexate 25 mg SC", False),
        ("azacitidine", False),
        ("chemo drug", None),
        ("octreotide", None),
        ("NS", None),
    ],
)
def test_hormonal_antineoplastics_are_told_apart(name: str, hormonal: bool | None) -> None:
    assert default_formulary().match(name).hormonal is hormonal


@pytest.mark.parametrize(
    "charted",
    ["{} 100 mg in sodium chloride 0.9% 100 mL IVPB", "NS 250 mL with {} 2 mg", "{} (Brand) 1 g/50 mL D5W over 30 min"],
)
def test_strength_form_and_diluent_never_change_a_drug(charted: str) -> None:
    formulary = default_formulary()
    for entry in formulary.entries:
        if entry.category in ("hydration", "carrier") or entry.only_with_fluid or entry.additive:
            continue
        for name in entry.names:
            alone, mixed = formulary.match(name), formulary.match(charted.format(name))
            assert (mixed.ingredients, mixed.category) == (alone.ingredients, alone.category), charted.format(name)
