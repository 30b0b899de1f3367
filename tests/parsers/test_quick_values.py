"""A quickly made value is the frozen dataclass it was, only made sooner."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from parsers.quick_values import changed, made_quickly


@dataclass(frozen=True, slots=True)
class Bag:
    drug: str
    volume_ml: float | None = None
    parts: tuple[str, ...] = ()


@made_quickly
@dataclass(frozen=True, slots=True)
class QuickBag:
    drug: str
    volume_ml: float | None = None
    parts: tuple[str, ...] = ()


def test_positions_names_and_defaults_are_those_of_the_dataclass() -> None:
    bag = QuickBag("vancomycin", parts=("sodium chloride 0.9%",))
    assert (bag.drug, bag.volume_ml, bag.parts) == ("vancomycin", None, ("sodium chloride 0.9%",))
    assert repr(bag) == "QuickBag(drug='vancomycin', volume_ml=None, parts=('sodium chloride 0.9%',))"
    assert type(bag) is QuickBag


def test_a_made_value_is_closed() -> None:
    bag = QuickBag("vancomycin")
    with pytest.raises(FrozenInstanceError):
        bag.drug = "cefepime"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del bag.drug
    with pytest.raises(FrozenInstanceError):
        changed(bag, drug="cefepime").drug = "vancomycin"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="dose"):
        changed(bag, dose=1000)
    with pytest.raises(AttributeError):
        object.__setattr__(bag, "line", "left forearm")
    assert bag.drug == "vancomycin"


def test_equal_values_are_equal_and_hash_alike() -> None:
    assert QuickBag("vancomycin", 250.0) == QuickBag("vancomycin", 250.0)
    assert len({QuickBag("vancomycin", 250.0), QuickBag("vancomycin", 250.0), QuickBag("cefepime", 250.0)}) == 2
    assert hash(QuickBag("vancomycin", 250.0)) == hash(Bag("vancomycin", 250.0))


def test_values_can_be_changed_copied_and_sent_to_another_process() -> None:
    bag = QuickBag("vancomycin", 250.0)
    assert replace(bag, volume_ml=100.0) == QuickBag("vancomycin", 100.0)
    assert changed(bag, volume_ml=100.0) == QuickBag("vancomycin", 100.0)
    assert bag.volume_ml == 250.0
    assert copy.deepcopy(bag) == bag
    assert pickle.loads(pickle.dumps(bag)) == bag


@pytest.mark.parametrize("given", [(), ("vancomycin", 1.0, (), "too many")])
def test_a_wrong_call_is_a_type_error(given: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"QuickBag\.__init__\(\)"):
        QuickBag(*given)


def test_made_defaults_and_checks_are_those_of_the_dataclass() -> None:
    @made_quickly
    @dataclass(frozen=True, slots=True)
    class Run:
        minutes: int
        bags: list[str] = field(default_factory=list)

        def __post_init__(self) -> None:
            if self.minutes < 0:
                raise ValueError("a run is not shorter than nothing")

    one, other = Run(31), Run(31)
    one.bags.append("vancomycin")
    assert (one.bags, other.bags, Run(0, ["cefepime"]).bags) == (["vancomycin"], [], ["cefepime"])
    with pytest.raises(ValueError, match="shorter than nothing"):
        Run(-1)
    with pytest.raises(FrozenInstanceError):
        one.minutes = 16  # type: ignore[misc]
