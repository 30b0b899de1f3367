"""The vocabulary of charting that is not a drug: units, salts, forms and talk around a name."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNITS = _set(
    """
    mg mgs milligram milligrams g gm gms gram grams mcg ug microgram micrograms ng kg ml mls milliliter milliliters
    l liter liters litre litres cc meq milliequivalent milliequivalents meqs mmol mmols millimole mol unit units u iu
    miu million m h hr hrs hour hours min mins minute minutes day days d wk week weeks vial vials amp amps dose doses
    tab tabs bag bags x sec gtt gtts drops pe ppm mosm
    """
)
"""Words that are units behind a number (or behind ``/``); elsewhere they may be part of a name."""

SALTS = _set(
    """
    hydrochloride hcl dihydrochloride sulfate sulphate sodium disodium phosphate diphosphate acetate citrate mesylate
    mesilate tartrate bitartrate besylate besilate maleate succinate fumarate lactate gluceptate lactobionate tosylate
    hydrobromide bromide nitrate hyclate edisylate malate isethionate pamoate decanoate trihydrate monohydrate
    dihydrate heptahydrate pentahydrate tetrahydrate hemihydrate anhydrous tromethamine trometamol meglumine
    dimeglumine benzathine lysine potassium sod succ phosph
    """
)
"""Salts and hydrates: not part of a drug's identity (rulebook 0d)."""

FILLERS = _set(
    """
    iv ivpb ivp ivf ivfs ivbp piv infusion infusions inj injection injectable injectables intravenous intravenously im
    sc sq subq subcut subcutaneous intramuscular solution soln sol solr recon reconstituted powder lyophilized
    suspension susp emulsion vial vials bag bags premix premixed premade syringe syr syringes prefilled pump pca drip
    gtt bolus boluses loading load maintenance maint continuous cont intermittent piggyback piggybacks pb push slow
    rapid wide open rate titrate titrated titratable dose doses dosing dosed single multi multidose unit units ml mls
    mg mcg meq mmol adult adults peds ped pediatric neonatal neonate central line peripheral port picc cvc cvad lumen
    pf preservative free usp pvc excel viaflex duplex advantage minibag mini mbp addease adv galaxy freeflex ready use
    kit amp ampule ampul ampoule concentrate concentrated conc concentration standard std custom compounded pharmacy
    per protocol policy ordered order orders nurse driven weight based wt total volume vol final over every q qh qd
    bid tid qid daily once stat prn now prophylaxis prophylactic treatment therapy therapeutic test first second
    initial additional repeat generic brand sterile fluid fluids hydration rehydration dehydration resuscitation sepsis
    septic hypotension ed er icu or pacu non formulary nonformulary study label home med meds own supply hospital
    outpatient clinic chemo chemotherapy day cycle week wk hr hour hours min minutes time times dual chamber level
    trough mixture mixed mix admixture diluted dilute dilution diluent diluents base additive additives added
    reconstitute range only not the a an to at of by as on from x via no give given run runs infuse infused started
    high low intradermal local half full strength regular rte route lvp svp plastic glass container cntr pgbk flex
    lock warm warmed cold chilled room temp keep vein isotonic iso osmotic isosmotic primary secondary set tubing liter
    new hang hung next last replacement replace rider riders baxter braun hospira fresenius icu medical
    """
)
"""Charting words that never name a substance by themselves."""

FORMS = _set(
    """
    iv ivpb ivp infusion inj injection injectable intravenous im sc solution soln vial bag premix premixed syringe
    prefilled drip bolus piggyback push unit units ml mg mcg meq pf usp minibag ampule amp
    """
)
"""Forms that are left out of an unlisted name; other words may be part of it and stay."""

JOINS = frozenset({"and", "with", "in", "plus", "into", "within"})
"""Words between two substances."""

REFERENCES = frozenset(
    {"pre", "post", "before", "after", "following", "for", "between", "behind", "during", "prior", "until"}
)
"""A substance straight behind one of these is a reason or a moment, not what is in the bag (``NS post cisplatin``)."""

NEGATIONS = frozenset({"without", "minus", "excluding"})
ENUMERATED = frozenset(
    {"drug", "med", "medication", "antibiotic", "chemo", "agent", "study", "no", "number", "bag", "protocol"}
)
"""A number behind one of these tells two things apart (``chemo drug 12``)."""

RIDERS = frozenset(
    {"rider", "riders", "run", "runs", "ivpb", "piggyback", "pgbk", "replacement", "replace", "minibag", "kriders"}
)
"""Words that make potassium a replacement and not a maintenance fluid (rulebook 25)."""
