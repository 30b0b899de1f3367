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

MASSES = UNITS & _set(
    """
    mg mgs milligram milligrams g gm gms gram grams mcg ug microgram micrograms ng kg meq meqs milliequivalent
    milliequivalents mmol mmols millimole mol unit units u iu miu million m
    """
)
"""Units of what a drug is dosed in, not of a fluid or of time."""

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
    inline filter filtered micron premed premeds premedication premedicate
    nausea vomiting hyperemesis pots syncope dka aki
    solp susr sosy soaj sopn soct pskt prsy nebu emul conc tabs tbec caps crea oint lotn ptch supp
    tab tablet tablets cap capsule capsules chewable cream ointment gel patch lotion oral po neb nebulizer
    """
)
"""Charting words that never name a substance by themselves; the last two lines are forms, as pharmacies shorten them
and in full."""

ORDINARY = _set(
    """
    program programs convert converts contract product products produce factory adapter adaptor adapted isolate weights
    barrier ability typical topical tropical combination combinations benefit benefits activate singular precede
    precedes preceded latency definite fingers patient patients traverse rotated rotate multiply salomon injects
    balance driven driver drivers carried carries bitrate method besides reduces volumes aspiring suffered custard
    """
)
"""Everyday words one letter away from a brand (program, Prograf; benefit, Benefix): never a misspelled drug."""

FORMS = _set(
    """
    iv ivpb ivp infusion inj injection injectable intravenous im sc solution soln vial bag premix premixed syringe
    prefilled drip bolus piggyback push unit units ml mg mcg meq pf usp minibag ampule amp
    """
)
"""Forms that are left out of an unlisted name; other words may be part of it and stay."""

JOINS = frozenset({"and", "with", "in", "plus", "into", "within"})
"""Words between two substances."""

REFERENCES = _set("pre post before after following for between behind during prior until allergic")
"""A substance straight behind one of these is a reason or a moment, not what is in the bag (``NS post cisplatin``)."""

ALLERGIES = _set("allergy allergies allergic intolerance intolerant sensitivity anaphylaxis")
"""A substance straight before one of these is what the patient must not get (``PCN allergy``)."""

RUNNING = _set("run runs running given give infuse infuses infusing concurrent concurrently compatible site along")
"""``run with X``: X hangs beside it in a bag of its own."""

PREMEDICATION = _set("premed premeds premedication prehydration prehydrate hydration posthydration")
"""Straight before a chemo drug: what the bag prepares for, when the bag itself is named."""

FLUSHING = _set("flush flushes kvo tko carrier driver chaser prime rinse")
"""The same: what the fluid keeps open or clears (``D5W flush - oxaliplatin``)."""

BELONGINGS = PREMEDICATION | _set("line lines tubing level levels clearance")
"""Straight behind a chemo drug: something of the drug's, not the drug (``oxaliplatin line``)."""

PLANS = _set("protocol regimen pathway patient patients")
"""The same beside another drug (``diphenhydramine - rituximab protocol``); beside a fluid it is the drug's own bag."""

PROCEDURES = (
    _set("rsi"),
    _set("intubation"),
    _set("proc sedation"),
    _set("procedure sedation"),
    _set("procedural sedation"),
    _set("moderate sedation"),
    _set("conscious sedation"),
)
"""Words that together say a sedative is part of a procedure, which pays for it (rulebook 0e)."""

NEGATIONS = frozenset({"without", "minus", "excluding"})
ENUMERATED = frozenset(
    {"drug", "med", "medication", "antibiotic", "chemo", "agent", "study", "no", "number", "bag", "protocol"}
)
"""A number behind one of these tells two things apart (``chemo drug 12``)."""

RIDERS = frozenset(
    {"rider", "riders", "run", "runs", "ivpb", "piggyback", "pgbk", "replacement", "replace", "minibag", "kriders"}
)
"""Words that make potassium a replacement and not a maintenance fluid (rulebook 25)."""
