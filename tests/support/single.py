"""A firmware module with the chip's numbers: every float that arithmetic gives is a float32.

CPython and the VM of these tests count with 64 bits, the ESP32 with 32. `single_precision` reads a
module's source, has each operation rounded as that chip rounds it, and makes a module of it.
"""

import ast
import importlib.util
import operator
from array import array
from copy import copy
from pathlib import Path
from types import ModuleType

_CELL = array("f", [0.0])


def rounded(number):
    """The float32 nearest to `number`."""
    _CELL[0] = number
    return _CELL[0]


def single_precision(name):
    """The module `name` in the chip's arithmetic; whoever imports `name` keeps the other."""
    spec = importlib.util.find_spec(name)
    tree = ast.parse(Path(spec.origin).read_bytes())
    tree = ast.fix_missing_locations(_Rounding().visit(tree))
    module = ModuleType(f"{name} in float32")
    module.__dict__.update(_NAMES)
    exec(compile(tree, spec.origin, "exec"), module.__dict__)  # noqa: S102 - our own source
    for key, value in vars(module).items():
        vars(module)[key] = _result(value)  # pi
    return module


class _Rounding(ast.NodeTransformer):
    """Operations, sums and calls become calls of what stands in `_NAMES`."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return _call(type(node.op).__name__, node.left, node.right)

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        now = copy(node.target)
        now.ctx = ast.Load()
        value = _call(type(node.op).__name__, now, node.value)
        return ast.Assign([node.target], value)

    def visit_Call(self, node):
        self.generic_visit(node)
        return _call("result", node)

    def visit_Constant(self, node):
        return ast.Constant(_result(node.value))


def _call(name, *arguments):
    return ast.Call(ast.Name(f"_single_{name}", ast.Load()), list(arguments), [])


# What a function gave, if it is a float
def _result(value):
    return rounded(value) if type(value) is float else value


# An operation, on whole numbers as they are. Of float32 operands the 64-bit result has so many
# digits that rounding it gives what rounding the exact one would
def _operation(of):
    def rounding(left, right):
        if of is operator.truediv or type(left) is float or type(right) is float:
            return rounded(of(rounded(left), rounded(right)))
        return of(left, right)

    return rounding


def _sum(values):
    total = 0
    add = _NAMES["_single_Add"]
    for value in values:
        total = add(total, value)
    return total


_OPERATIONS = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "LShift": operator.lshift,
    "RShift": operator.rshift,
}
_NAMES = {f"_single_{name}": _operation(of) for name, of in _OPERATIONS.items()}
_NAMES["_single_result"] = _result
_NAMES["sum"] = _sum
