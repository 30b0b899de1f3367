"""Would the case book notice a wrong rule?  Small faults are put into the rules, one at a time.

``python benchmarks/mutation_sample.py --seed 1 --sample 500`` changes one operator, number or statement of
``timeline/rules``, ``spans``, ``mapper`` or ``ledger``, codes every chart of ``tests/cases`` with it and counts the
faults that no chart notices.  The readings of the charts are made once; each fault lives in a process of its own
(POSIX only).  Texts, evidence (``Reason``) and the wording of findings are left alone: no chart looks at them.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = ("spans.py", "mapper.py", "ledger.py")
SECONDS_A_FAULT = 60
MEMORY = 4 << 30

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NAMES = {"max": "min", "min": "max", "any": "all", "all": "any", "union": "tuple"}
_EVIDENCE = {"Reason", "note"}


@dataclass(frozen=True)
class Fault:
    """One change of one file: where, and the text before and after."""

    file: str
    line: int
    before: str
    after: str
    tree: ast.Module
    function: str
    """File and first line of the function it is in; empty outside of functions."""


def faults(path: Path) -> Iterator[Fault]:
    """Every small fault of a file, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for index, node in enumerate(ast.walk(tree)):
        node.index = index  # type: ignore[attr-defined]
    for node in list(_code(tree)):
        for change in _changes(node):
            wrong = copy.deepcopy(tree)
            target = next(n for n in ast.walk(wrong) if n.index == node.index)  # type: ignore[attr-defined]
            _replace(wrong, target, change)
            ast.fix_missing_locations(wrong)
            line: int = node.lineno  # type: ignore[attr-defined]
            file = str(path.relative_to(ROOT))
            yield Fault(file, line, ast.unparse(node), ast.unparse(change), wrong, _function(tree, file, line))


def _function(tree: ast.Module, file: str, line: int) -> str:
    around = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.lineno <= line <= (f.end_lineno or 0)]
    if not around:
        return ""
    innermost = max(around, key=lambda f: f.lineno)
    return f"{file}:{min([innermost.lineno, *(d.lineno for d in innermost.decorator_list)])}"


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that decide something: no annotations, texts, evidence, class bodies' defaults or imports."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.arguments)):
            continue
        if isinstance(node, ast.AnnAssign) and child is node.annotation:
            continue
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and child not in node.body:
            continue
        if hasattr(child, "lineno"):
            yield child
        if not (isinstance(child, ast.Call) and _called(child) in _EVIDENCE):
            yield from _code(child)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """The same node done wrong, one way after the other."""
    yield from _wrong_statements(node)
    yield from _wrong_operators(node)


def _wrong_operators(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[op]):
            for other in _COMPARE.get(type(op), ()):
                yield _with(node, ops=[other()])
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            yield _with(node, op=_ARITHMETIC[type(op)]())
        case ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            yield _with(node, op=_ARITHMETIC[type(op)]())
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for i in range(len(values)):
                rest = values[:i] + values[i + 1 :]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _NAMES:
            yield _with(node, func=ast.Name(_NAMES[name], ast.Load()))


def _wrong_statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.AugAssign() | ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if isinstance(
            test, (ast.Name, ast.Attribute, ast.Call)
        ):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _replace(tree: ast.AST, target: ast.AST, change: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, change)
                return
            if isinstance(value, list):
                for i, item in enumerate(value):
                    if item is target:
                        value[i] = change
                        return


class _Wrong(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, tree: ast.Module, path: str) -> None:
        self.name, self.tree, self.path = name, tree, path

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_source(self, fullname: str) -> str:
        return ast.unparse(self.tree)

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.path, "exec")


Book = list[tuple[Any, Any]]
"""Each chart that is not planned, with its reading."""


def _load_book() -> Book:
    """The readings of all charts; the program itself is loaded anew for each fault."""
    charts = importlib.import_module("tests.case_charts")
    importlib.import_module("tests.case_checks")
    book = []
    with tempfile.TemporaryDirectory() as folder:
        for case in charts.cases():
            if not case.planned:
                book.append((case, charts.read(case, Path(folder))))
    for name in [n for n in sys.modules if n.split(".")[0] == "timeline"]:
        del sys.modules[name]
    return book


def _run(book: Book, order: list[int], fault: Fault | None) -> int | None:
    """The number of the first chart that notices; ``None`` if all give their lines."""
    if fault is not None:
        name = fault.file.removesuffix(".py").replace("/", ".")
        sys.meta_path.insert(0, _Wrong(name, fault.tree, str(ROOT / fault.file)))
    try:
        timeline = importlib.import_module("timeline")
    except Exception:  # noqa: BLE001 - a fault may break anything, and that is noticed
        return order[0] if order else None
    charts, checks = sys.modules["tests.case_charts"], sys.modules["tests.case_checks"]
    for number in order:
        case, reading = book[number]
        try:
            result = charts.code_reading(case, reading, timeline)
            checks.check_lines(case, result)
            checks.check_ledger(case, result)
            checks.check_reasons(case, result)
        except Exception:  # noqa: BLE001
            return number
    return None


def _reached(book: Book) -> str:
    """Which functions each chart calls, as JSON: only those charts can notice a fault in them."""
    found: list[list[str]] = []
    called: set[str] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(str(ROOT / "timeline")):
            called.add(f"{name.removeprefix(str(ROOT))[1:]}:{frame.f_code.co_firstlineno}")

    for number in range(len(book)):
        sys.setprofile(look)
        wrong = _run(book, [number], None)
        sys.setprofile(None)
        if wrong is not None:
            sys.exit(f"The chart does not pass unchanged: {book[number][0].id}")
        found.append(sorted(called))
        called.clear()
    return json.dumps(found)


def _apart(work: Callable[[], object]) -> str:
    """The work in a process of its own: ``survived``, ``timeout`` or the number of the chart that noticed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_A_FAULT)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        found = work()
        with os.fdopen(write, "w") as answer:
            answer.write("survived" if found is None else str(found))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text or "timeout"


def _again(everything: list[Fault], path: Path) -> list[Fault]:
    """The faults kept in a file; of several alike in one file, the one nearest to where it stood then."""
    chosen: list[Fault] = []
    for kept in json.loads(path.read_text(encoding="utf-8"))["survivors"]:
        alike = [f for f in everything if (f.file, f.before, f.after) == (kept["file"], kept["before"], kept["after"])]
        alike = [f for f in alike if not any(f is other for other in chosen)]
        if alike:
            chosen.append(min(alike, key=lambda f: abs(f.line - kept["line"])))
        else:
            print(f"gone: {kept['file']}:{kept['line']}  {kept['before'][:80]}", flush=True)
    return chosen


def main() -> None:
    """Draw the sample, try each fault, print the survivors and the figures; ``--out`` keeps them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=0, help="how many faults; 0: all")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many minutes; 0: never")
    parser.add_argument("--again", type=Path, help="try only the survivors kept in this file, also of an older commit")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    paths = [*sorted((ROOT / "timeline" / "rules").glob("*.py")), *(ROOT / "timeline" / f for f in SUBJECTS)]
    everything = [f for p in paths for f in faults(p)]
    chosen = list(everything)
    random.Random(options.seed).shuffle(chosen)
    if options.again:
        chosen = _again(everything, options.again)
    chosen = chosen[: options.sample or None]
    book = _load_book()
    order = list(range(len(book)))
    began = time.monotonic()
    reached = [set(names) for names in json.loads(_apart(lambda: _reached(book)))]
    print(f"{len(everything)} faults, {len(chosen)} drawn with seed {options.seed}, {len(book)} charts", flush=True)
    killed = tried = 0
    survivors = []
    for fault in chosen:
        if options.minutes and time.monotonic() - began > options.minutes * 60:
            break
        tried += 1
        here = [n for n in order if not fault.function or fault.function in reached[n]]
        outcome = _apart(partial(_run, book, here, fault)) if here else "survived"
        if outcome == "survived":
            survivors.append({"file": fault.file, "line": fault.line, "before": fault.before, "after": fault.after})
            print(f"survived {fault.file}:{fault.line}\n    - {fault.before}\n    + {fault.after}", flush=True)
            continue
        killed += 1
        if outcome != "timeout":  # charts that notice much go first
            order.remove(int(outcome))
            order.insert(0, int(outcome))
    print(f"tried {tried}, killed {killed}, survived {len(survivors)}, {time.monotonic() - began:.0f} s")
    if options.out:
        figures = {"seed": options.seed, "faults": len(everything), "tried": tried, "killed": killed}
        options.out.write_text(json.dumps({**figures, "survivors": survivors}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
