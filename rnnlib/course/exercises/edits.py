"""Wrong solutions made from the right one: by a list of changed lines, and by rule from its syntax tree.

A solution is text. All its edits are compiled once, into one function that has both ways at each edited place:
``(new if key in wrong else old)``. So an edit costs a call and no compilation, and two at once are `wrong={one, other}`.
"""

import ast
import contextlib
import copy
import inspect
import io
import itertools
import re
import sys
import textwrap

import numpy as np

from ...cells import sigmoid

SPACE = {"np": np, "sigmoid": sigmoid}


def compiled(solution):
    """The function that the text defines."""
    return _made(ast.parse(solution), SPACE)


def replaced(solution, pairs, key):
    for old, new in zip(pairs[::2], pairs[1::2]):
        if old not in solution:
            raise ValueError(f"{key}: {old!r} is not in the solution")
        solution = solution.replace(old, new)
    return solution


def switched(solution, replacements):
    """The function with one keyword argument more, `wrong`: the keys of `replacements` to be made, {key: (old, new, ...)}."""
    tree = ast.parse(solution)
    sites = _Sites()
    for key, pairs in replacements.items():
        sites.compare(tree.body, ast.parse(replaced(solution, pairs, key)).body, key)
    return _made(sites.build(tree), SPACE)


def _made(tree, space):
    space = dict(space)
    seen, nodes = set(), [tree]
    while nodes:        # fix_missing_locations goes through what is shared each time it stands somewhere
        node = nodes.pop()
        if id(node) not in seen:
            seen.add(id(node))
            node.lineno = node.end_lineno = 1
            node.col_offset = node.end_col_offset = 0
            for part in vars(node).values():
                nodes += [part] if isinstance(part, ast.AST) else [one for one in part if isinstance(one, ast.AST)] if isinstance(
                    part, list) else ()
    exec(compile(tree, "<solution>", "exec"), space)
    return space[tree.body[-1].name]


def _test(key):
    return ast.Compare(ast.Constant(key), [ast.In()], [ast.Name("wrong", ast.Load())])


def _same(a, b):
    """Whether two nodes, or lists of nodes, say the same."""
    if type(a) is not type(b):
        return False
    if isinstance(a, ast.AST):
        return all(_same(getattr(a, name), getattr(b, name)) for name in a._fields)
    return len(a) == len(b) and all(map(_same, a, b)) if isinstance(a, list) else a == b


def _is_value(node):
    """Whether `node` may be replaced by a conditional expression."""
    return (isinstance(node, ast.expr) and not isinstance(node, (ast.Slice, ast.Starred))
            and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            and not any(isinstance(part, ast.Slice) for part in getattr(node, "elts", ())))


def _parts(statement):
    """(how to call it, expression) of each value in a statement; a tuple's values one by one."""
    line = ast.unparse(statement).split("\n")[0].rstrip(":")
    value = next((getattr(statement, name) for name in ("value", "iter", "test") if getattr(statement, name, None)), None)
    if isinstance(value, ast.Tuple) and isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
        for target, part in zip(statement.targets[0].elts, value.elts):
            yield f"{ast.unparse(target)} = {ast.unparse(part)}", part
    elif isinstance(value, ast.Tuple):
        for part in value.elts:
            yield f"return ..., {ast.unparse(part)}, ...", part
    elif value is not None:
        yield line, value


def _exchanged(statement, one, other):
    """A copy of the statement with two names exchanged where they are read."""
    built = copy.deepcopy(statement)
    for part in ast.walk(built):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            part.id = {one: other, other: one}.get(part.id, part.id)
    return built


def _text(node):
    """ast.unparse, once for each node."""
    if not hasattr(node, "text"):
        node.text = ast.unparse(node)
    return node.text


def _first_line(statement):
    return f"`{_text(statement).partition(chr(10))[0]}`"


def _form(*texts):
    """The texts without their names; these are numbered where not all of them stay in place, as `0 + 1` and `0`."""
    names, numbered = {}, len({tuple(NAME.findall(text)) for text in texts}) > 1
    return tuple(NAME.sub(lambda name: str(names.setdefault(name[0], len(names))) if numbered else "_", text) for text in texts)


class _Sites:
    """Where the edits of one tree differ from it: other expressions at a node, other statements in a region of a block."""

    def __init__(self):
        self.expressions = {}       # id of a node -> [(key, expression instead, whether it has switches of its own)]
        self.regions = {}           # id of a block -> [(from, to, key, statements instead)]

    def at(self, node, key, instead, built=False):
        self.expressions.setdefault(id(node), []).append((key, instead, built))

    def within(self, block, start, stop, key, instead):
        self.regions.setdefault(id(block), []).append((start, stop, key, instead))

    def compare(self, block, other, key):
        """Note the smallest differences of two lists of statements."""
        if len(block) == len(other) and all(type(a) is type(b) for a, b in zip(block, other)):
            for n, (a, b) in enumerate(zip(block, other)):
                if not _same(a, b) and not self._inside(a, b, key):
                    self.within(block, n, n + 1, key, [b])
            return
        start = next((n for n, (a, b) in enumerate(zip(block, other)) if not _same(a, b)), min(len(block), len(other)))
        stop = 0
        while stop < min(len(block), len(other)) - start and _same(block[-1 - stop], other[-1 - stop]):
            stop += 1
        self.within(block, start, len(block) - stop, key, other[start:len(other) - stop])

    def _inside(self, a, b, key):
        """Note the differences inside two nodes of one type; False where they cannot be put there."""
        if isinstance(a, ast.Call) and not _same(a.func, b.func) and not _same([a.args, a.keywords], [b.args, b.keywords]):
            return False            # another function of other things: as a whole
        if isinstance(a, ast.BinOp) and _same(a.left, b.left) and _same(a.right, b.right):
            self.at(a, key, ast.BinOp(a.left, b.op, a.right), True)
            return True
        found = []                  # noted only if all of them can be
        for name, x in ast.iter_fields(a):
            y = getattr(b, name)
            xs, ys = (x, y) if isinstance(x, list) else ([x], [y])
            if xs and isinstance(xs[0], ast.stmt):
                if not ys:
                    return False
                found.append((self.compare, xs, ys, key))
                continue
            if len(xs) != len(ys):
                return False
            for one, other in zip(xs, ys):
                if not isinstance(one, ast.AST) or not isinstance(other, ast.AST):
                    if one != other:
                        return False
                elif not _same(one, other):
                    part = next((part for part in (getattr(one, "left", None), getattr(one, "right", None)) if _same(part, other)), None)
                    if part and _is_value(one):     # what is left may be changed as well
                        found.append((self.at, one, key, part, True))
                        continue
                    deeper = type(one) is type(other) and not isinstance(one, (ast.Name, ast.Constant, ast.operator))
                    if deeper and self._inside(one, other, key):
                        continue
                    if not (_is_value(one) and _is_value(other)):
                        return False
                    found.append((self.at, one, key, other))
        for note, *arguments in found:
            note(*arguments)
        return True

    def build(self, tree):
        """The tree with a switch at each noted place, and `wrong` among the arguments of its last function."""
        tree = self._built(tree)
        arguments = tree.body[-1].args
        arguments.kwonlyargs.append(ast.arg("wrong"))
        arguments.kw_defaults.append(ast.Call(ast.Name("frozenset", ast.Load()), [], []))
        return tree

    def _built(self, node, itself=True):
        """A copy of the node with all switches inside, and but for `itself` with its own."""
        if isinstance(node, list):
            return self._block(node) if node and isinstance(node[0], ast.stmt) else [self._built(part) for part in node]
        if not isinstance(node, ast.AST):
            return node
        built = type(node)(**{name: self._built(value) for name, value in ast.iter_fields(node)})
        for key, instead, own in self.expressions.get(id(node), ()) if itself else ():
            built = ast.IfExp(_test(key), self._built(instead, False) if own else instead, built)
        return built

    def _block(self, block):
        built, at, single = [], 0, {}
        regions = sorted(self.regions.get(id(block), ()), key=lambda region: region[:2])
        for start, stop, key, instead in regions:
            if stop == start + 1:       # by itself, so that another statement may be changed as well
                single.setdefault(start, []).append((key, instead))
        regions = [region for region in regions if region[1] != region[0] + 1]

        def statements(start, stop):
            for n in range(start, stop):
                statement = [self._built(block[n])]
                for key, instead in single.get(n, ()):
                    statement = [ast.If(_test(key), instead or [ast.Pass()], statement)]
                yield from statement

        while regions:
            start, stop, key, instead = regions.pop(0)
            group = [(start, stop, key, instead)]
            while regions and regions[0][0] < stop or regions and start == stop == regions[0][0] == regions[0][1]:
                group.append(regions.pop(0))
                stop = max(stop, group[-1][1])
            built += statements(at, start)
            otherwise = list(statements(start, stop))
            for a, b, key, instead in group:
                body = [*block[start:a], *instead, *block[b:stop]] or [ast.Pass()]
                otherwise = [ast.If(_test(key), body, otherwise)]
            built += otherwise
            at = stop
        return [*built, *statements(at, len(block))]


# ---- edits made by rule ---------------------------------------------------------------------------------------------

# a call -> what may stand for it
CALLS = {"tanh": ("sigmoid", "np.sin", "np.arctan", "np.sign"), "sigmoid": ("np.tanh", "np.exp"), "sum": ("mean", "max", "min", "prod"),
         "mean": ("sum", "max", "min"), "argmax": ("argmin",),
         "log": ("np.log10", "np.log2"), "eigvals": ("eigvalsh",),
         "exp": ("exp2",),
         "max": ("min", "mean"), "min": ("max",), "zeros": ("ones",), "zeros_like": ("ones_like",), "ones": ("zeros",),
         "ceil": ("floor", "round"),
         "floor": ("ceil",), "concatenate": ("stack",)}
# for the inner part of a squashing, as another curve
CURVES = ("np.maximum({0}, 0)", "np.clip({0}, -1, 1)", "np.where({0} > 0, {0}, 0.01 * ({0}))", "({0}) / (1 + np.abs({0}))",
          "np.tanh(({0}) / 2)", "np.clip(0.25 * ({0}) + 0.5, 0, 1)", "np.clip(0.2 * ({0}) + 0.5, 0, 1)", "np.log1p(np.exp({0}))")
SQUASHES = ("tanh", "sigmoid", "exp", "log", "sqrt", "abs", "square")
MAKERS = ("np.zeros", "np.zeros_like", "np.ones", "np.ones_like", "len", "np.array")     # their arguments are only sizes
OPERATORS = {ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
             ast.FloorDiv: (ast.Mult,),
             ast.MatMult: (ast.Mult,), ast.Pow: (ast.Mult,), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
             ast.Gt: (ast.GtE, ast.Lt),
             ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,)}
NAME = re.compile(r"(?<!\.)\b(?!np\b|sigmoid\b)[A-Za-z_]\w*\b(?!\()")
# for the slope of tanh, 1 - h ** 2: other slopes
SLOPES = {"{0} * (1 - {0})": "that is the slope of the logistic sigma; tanh has 1 - h^2",
          "1 - np.tanh({0}) ** 2": "tanh is taken twice, h is tanh(z) already", "1 - {0}": "the square is missing",
          "(1 - {0}) ** 2": "the square belongs to h alone", "1 + {0} ** 2": "the slope of tanh is 1 - h^2, never above 1",
          "1 - 2 * {0}": "2 h is no square", "{0}": "it is tanh(z) itself, not its slope", "(1 - {0} ** 2) ** 2": "the slope is taken twice",
          "{0} ** 2 - 1": "the sign is turned", "np.ones_like({0})": "the slope of the tanh is missing",
          "np.sqrt(1 - {0} ** 2)": "no root is taken"}
BESIDE = {0: "each time", 0.25: "that is", 0.5: "and likewise"}
SLOPE = re.compile(r"1 - (\w+) \*\* 2")
MOST = 800      # edits of a learner's text
STRONG, WEAK = (ast.Mult, ast.Div, ast.MatMult), (ast.Add, ast.Sub)


class Rules:
    """All edits of a solution that the rules make, most likely first.

    Each is made at one place, or wherever the same stands, or wherever something of the same form does.

    Attributes
    ----------
    candidates : list of tuple
        The keys that make each of them: `function(..., wrong=frozenset(candidate))`.
    sentences : list of str
        What each of them is, beside it.
    own : bool
        Whether the text is a learner's: then an edit is what makes it right, not what makes it wrong, and is told so.
    changes : dict
        Known mistakes, {key: (old, new, ...)}, that `function` can make as well, together with an edit.
    """

    def __init__(self, solution, values, space, own=False, changes=None):
        tree = ast.parse(solution)
        self.sites, self.edits, self.all_values, self.own = _Sites(), [], values, own
        for key, pairs in (changes or {}).items():
            self.sites.compare(tree.body, ast.parse(replaced(solution, pairs, key)).body, key)
        self.values = {argument.arg: values[argument.arg] for argument in tree.body[-1].args.args
                       if argument.arg in values}      # what is known so far
        self.arguments = list(self.values)
        self.squashed = {}      # name -> what it is the tanh of
        calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        self.endless = any(isinstance(node, ast.While) or isinstance(node, ast.FunctionDef) and node.name in calls
                           for node in ast.walk(tree))      # an edit may let it run without an end
        body = tree.body[-1].body
        for one, other in itertools.combinations(self.arguments, 2):
            its = ast.parse(f"{one}, {other} = {other}, {one}").body
            self._note(4, f"`{one}` and `{other}` {'should change' if own else 'have changed'} places throughout", "",
                       lambda key, its=its: self.sites.within(body, 0, 0, key, its))
        self._walk(body, inside=False)
        self.edits = sorted(reversed(self.edits), key=lambda edit: edit[0])     # of equal rank: the later line, nearer to the result
        del self.edits[MOST if own else len(self.edits):]
        kinds, found = {}, []
        for key, (rank, said, line, note, kind) in enumerate(self.edits):
            note(key)
            found.append((rank, (key,), f"{said}, in `{line}`" if line else said))
            for its in kind:
                kinds.setdefault(its, []).append(key)
        for (n, *names), keys in kinds.items():
            if len(keys) == 1:
                continue
            rank, said, line, *_ = self.edits[keys[0]]
            lines = [f"`{line}`" for line in dict.fromkeys(self.edits[key][2] for key in keys)]
            if n == 0.25:
                said = f"`{names[0]}` and `{names[1]}` have changed places in the slopes"
            elif n == 0.5 and line and len(lines) == 1:
                said = " and ".join(dict.fromkeys(self.edits[key][1] for key in keys)) + f", in {lines.pop()}"
            elif n == 0.5 and line:
                said = f"{said}, in {lines.pop(0)}"
            found.append((rank + n, tuple(keys), f"{said}, {BESIDE[n]} in {' and in '.join(lines)}" if line and lines else said))
        found.sort(key=lambda one: one[0])
        self.candidates, self.sentences = [keys for _, keys, _ in found], [said for *_, said in found]
        self.function = _made(self.sites.build(tree), space)

    def _note(self, rank, said, line, note, kind=()):
        self.edits.append((rank, said, line, note, kind))

    def _instead(self, rank, node, *others, why="", sentence="", kind=()):
        """Note other expressions for a node: text, or nodes."""
        text = _text(node)
        for other in others:
            its = other if isinstance(other, str) else _text(other)
            if its != text:
                other = ast.parse(its, mode="eval").body if isinstance(other, str) else other
                said = f"`{its}` belongs where `{text}` stands" if self.own else (
                    sentence or f"`{its}` stands where `{text}` belongs{why}")
                form = () if isinstance(node, ast.Name) else ((0.5, *_form(text, its)),)
                self._note(rank, said, self.line, lambda key, other=other: self.sites.at(node, key, other),
                           ((0, text, its), *form, *kind))

    def _walk(self, block, inside):
        """The statements of a block; `inside` a loop or an if, even an assignment may be forgotten."""
        for n, statement in enumerate(block):
            for self.line, value in _parts(statement):
                self._expression(value, statement)
                if self.own and not isinstance(statement, (ast.If, ast.While, ast.For)):
                    self._inserted(value)
            targets = getattr(statement, "targets", [getattr(statement, "target", ast.Pass())])
            assigned = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            value = getattr(statement, "value", None)
            if isinstance(value, ast.Call) and len(assigned) == 1 and _text(value.func) == "np.tanh":
                self.squashed[min(assigned)] = _text(value.args[0])
            self.values |= {name: self.all_values[name] for name in assigned & self.all_values.keys()}
            if isinstance(statement, (ast.For, ast.While, ast.If)):
                self._walk(statement.body, True)
                self._walk(statement.orelse, True)
            for rank, other, stop, sentence, *kind in self._statements(block, n, inside):
                self._note(rank, sentence, _text(statement) if kind else "",
                           lambda key, n=n, stop=stop, other=other: self.sites.within(block, n, stop, key, other),
                           kind)

    def _statements(self, block, n, inside):
        """(rank, statements instead, up to which, sentence) of what may be done to a whole statement."""
        statement, said = block[n], _first_line(block[n])
        stands = "`{0}` belongs where {1} stands" if self.own else "`{0}` stands where {1} belongs"
        plain = None
        if isinstance(statement, ast.AugAssign):
            plain = ast.Assign([statement.target], statement.value, lineno=1)
        elif self.own and inside and isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(
                statement.targets[0], (ast.Name, ast.Subscript)):
            plain = ast.AugAssign(statement.targets[0], ast.Add(), statement.value)
        if plain:
            yield 3, [plain], n + 1, stands.format(_text(plain), said)
        if (inside if isinstance(statement, (ast.Assign, ast.AugAssign)) else isinstance(statement, ast.If) and not
                statement.orelse):
            yield 1 if self.own else 4, [], n + 1, f"{said} is too much" if self.own else f"{said} is left out"
        if isinstance(statement, ast.If):
            yield 0 if self.own else 4, statement.body, n + 1, f"{said} should not be asked" if self.own else f"{said} is not asked"
        names = list(dict.fromkeys(part.id for part in ast.walk(statement) if isinstance(part, ast.Name)
                                   and isinstance(part.ctx, ast.Load) and isinstance(self.values.get(part.id), (np.ndarray, int, float))))
        if not isinstance(statement, (ast.For, ast.While, ast.If)):
            for one, other in itertools.combinations(names[:6], 2):
                yield 3, [_exchanged(statement, one, other)], n + 1, (
                    f"`{one}` and `{other}` {'should change' if self.own else 'have changed'} places in {said}")
        blocks = getattr(getattr(statement, "targets", [None])[0], "elts", ())
        if not self.own and len(blocks) > 2 and isinstance(statement.value, ast.Call):
            letters = [_text(block).rpartition("_")[2] for block in blocks]
            for order in list(itertools.permutations(range(len(blocks))))[1:]:
                read = ", ".join(letters[n] for n in order)
                yield 1, [ast.Assign([ast.Tuple([blocks[n] for n in order], ast.Store())], statement.value)], n + 1, (
                    f"the blocks of rows are read in the order {read} where they stand in the order {', '.join(letters)}"), (0.5, read)
        simple = (ast.Assign, ast.AugAssign, ast.Expr, ast.If)
        if n + 1 < len(block) and isinstance(statement, simple) and isinstance(block[n + 1], simple):
            yield 4, [block[n + 1], statement], n + 2, (f"{said} belongs after {_first_line(block[n + 1])}" if self.own else
                                                        f"{said} comes only after {_first_line(block[n + 1])}")

    def _inserted(self, node):
        """A term or a factor that a learner's line may lack."""
        if isinstance(node, (ast.BinOp, ast.Call, ast.Name, ast.Subscript)):
            text = _text(node)
            for name, value in self.values.items():
                if (isinstance(value, float) or isinstance(value, np.ndarray) and value.dtype.kind == "f") and name != text:
                    self._instead(8, node, *(ast.BinOp(node, sign(), ast.Name(name, ast.Load()))
                                             for sign in (ast.Add, ast.Mult, ast.Sub, ast.Div)))

    def _expression(self, node, parent):
        """All edits of an expression, its parts first. What only gives a size, or names what is called, has none."""
        called = isinstance(node, ast.Call)
        if not (called and _text(node.func) in MAKERS or isinstance(node, ast.Attribute) and node.attr == "shape"):
            for name, part in ast.iter_fields(node):
                for child in part if isinstance(part, list) else [part]:
                    if isinstance(child, ast.keyword) and child.arg == "dtype":
                        self._instead(6, child.value, "int", "float")
                    elif isinstance(child, ast.keyword) and child.arg == "axis":
                        self._instead(2, child.value, "0", "1", "2", "None", why=" (axis)")
                    elif isinstance(child, (ast.keyword, ast.comprehension)):
                        self._expression(child.value if isinstance(child, ast.keyword) else child.iter, node)
                    elif isinstance(child, ast.expr) and not (called and name == "func"):
                        self._expression(child, node)
            if called and isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
                self._expression(node.func.value, node)
        rule = getattr(self, "_" + type(node).__name__.lower(), None)
        if rule and _is_value(node):
            rule(node, parent, _text(node))

    def _name(self, node, parent, text):
        value = self.values.get(text)
        if not isinstance(value, (int, float, np.ndarray, np.number)) and not callable(value):
            return
        place = isinstance(parent, ast.Subscript) and parent.value is node
        self._instead(1, node, *(other for other, its in self.values.items() if other != text and _alike(value, its, place)))
        kind, ndim = np.asarray(value).dtype.kind, np.ndim(value)
        if ndim == 0 and kind in "iu":
            if isinstance(parent, ast.Call) and _text(parent.func) == "range":
                self._instead(2, node, f"{text} - 1", f"{text} + 1")
            self._instead(6, node, "0", "1")
        if ndim == 0 and kind == "f" and isinstance(parent, ast.Compare):
            self._instead(2, node, "1.0")
        if ndim == 0 and kind == "f" and not self.own:
            self._instead(6, node, *(f"{call}({text}{limit})" for call, limit in (
                ("max", ", 0"), ("max", ", 0.01"), ("max", ", 0.1"), ("max", ", 1"), ("min", ", 1"), ("int", ""), ("round", ""))))
        if kind == "f":
            if np.size(value) and np.min(value) >= 0 and np.max(value) <= 1:
                self._instead(3, node, f"1 - {text}")
            self._instead(5, node, f"np.tanh({text})", f"sigmoid({text})", f"np.abs({text})", f"-{text}", f"np.square({text})",
                          f"{text} / 2", f"2 * {text}")
            alike = [other for other, its in self.values.items() if ndim and _alike(value, its)]
            self._instead(7, node, *(f"{text} {sign} {other}" for sign in ("*+" if len(alike) < 9 else "*") for other in alike))
        if self.own and ndim:
            indices = [name for name, its in self.values.items() if isinstance(its, (int, np.integer)) and name not in self.arguments]
            self._instead(6, node, *(f"{other}[{n}]" for other, its in self.values.items() for n in indices
                                     if isinstance(its, np.ndarray) and its.shape[1:] == value.shape and its.dtype == value.dtype))
        if ndim == 2:
            self._instead(2, node, f"{text}.T")
            if len(value) == len(value.T):
                self._instead(6, node, f"np.tril({text})", f"np.triu({text})", f"np.diag(np.diag({text}))")
        if ndim:
            self._instead(6, node, f"{text}[::-1]", f"{text}[:1]", f"{text}[-1:]", f"np.roll({text}, 1, axis=0)",
                          f"np.roll({text}, -1, axis=0)",
                          f"{text}.mean(axis=0, keepdims=True)", *([f"{text}[:, ::-1]"] if ndim > 1 else
                                                                   [f"np.sort({text})", f"{text}.max()", f"{text}.min()"]))

    def _attribute(self, node, parent, text):
        if node.attr == "T":
            self._instead(2, node, node.value, why=": a `.T` is missing")

    def _call(self, node, parent, text):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in SQUASHES and len(node.args) == 1:
            inner = _text(node.args[0])
            self._instead(1, node, node.args[0], sentence=f"`{name}` is missing around `{inner}`")
            self._instead(3, node, f"{_text(node.func)}({text})", sentence=f"`{name}` is taken twice of `{inner}`")
            self._instead(5, node, *(_text(ast.parse(curve.format(inner))) for curve in CURVES))
        if name in ("int", "ceil", "floor", "round", "trunc") and node.args:
            inner = node.args[0]
            self._instead(2, node, inner, *(inner.args[:1] if isinstance(inner, ast.Call) else ()))
        for other in CALLS.get(name, ()):
            called = ast.Call(node.func, node.args, node.keywords)
            called.func = (ast.Attribute(node.func.value, other, ast.Load()) if isinstance(node.func, ast.Attribute)
                           and other.isidentifier()
                           and other != "sigmoid" else ast.parse(other, mode="eval").body)
            self._instead(3, node, called)
        if isinstance(parent, ast.For) and name == "range":
            self._instead(2, node, f"reversed({text})", *([f"range(1, {_text(node.args[0])})"] if len(node.args) == 1 else []))
        if name in ("zeros", "zeros_like") and isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            shape = np.shape(self.all_values.get(parent.targets[0].id))
            for other, its in self.values.items():
                if isinstance(its, np.ndarray) and its.shape == shape != ():
                    self._instead(4, node, f"{other}.copy()", why=": what it starts from")
                elif isinstance(its, np.ndarray) and its.shape[1:] == shape != () and its.dtype.kind == "f":
                    self._instead(4, node, f"{other}[0].copy()", f"{other}[-1].copy()", why=": what it starts from")
        if self.own and name in ("sum", "mean", "max", "min") and not node.keywords:
            method = isinstance(node.func, ast.Attribute) and _text(node.func.value) != "np"
            if len(node.args) == (not method):
                self._instead(4, node, *(f"{text[:-1]}{'' if method else ', '}axis={axis}{keep})" for axis in (0, 1, -1)
                                         for keep in ("", ", keepdims=True")))
        if name in ("reversed", "min", "max", "minimum", "maximum"):
            self._instead(2, node, *node.args)
        if self.own and name in ("clip", "round", "around", "abs", "sort", "sorted", "nan_to_num", "where"):
            method = isinstance(node.func, ast.Attribute) and _text(node.func.value) != "np"
            self._instead(0, node, node.func.value if method else node.args[-1 if name == "where" else 0])

    def _binop(self, node, parent, text):
        operator = type(node.op)
        left, right = _text(node.left), _text(node.right)
        part = "term" if operator in WEAK else "factor"
        if operator is ast.Pow:
            self._instead(1, node, node.left, why=": the power is missing")
        else:
            self._instead(1, node, node.left, sentence=f"the {part} `{right}` is missing after `{left}`")
            self._instead(1, node, node.right, sentence=f"the {part} `{left}` is missing before `{right}`")
        self._instead(2, node, *(ast.BinOp(node.left, other(), node.right) for other in OPERATORS.get(operator, ())))
        if operator is ast.Sub:
            self._instead(2, node, ast.BinOp(node.right, node.op, node.left))
        for one in {ast.Add: (node.left, node.right), ast.Mult: (node.left, node.right), ast.Sub: (node.right,),
                    ast.Div: (node.right,)}.get(operator, ()):
            self._instead(3, node, ast.BinOp(node, node.op, one), sentence=f"`{_text(one)}` is taken twice in `{text}`")
        if operator is ast.Mult and isinstance(self.values.get(left), int):
            self._instead(4, node, f"{text} // 2")
        if operator in (ast.Add, ast.MatMult) and not isinstance(parent, ast.Subscript):
            self._instead(5, node, f"({text}) / 2", f"np.tanh({text})", f"sigmoid({text})")
        self._instead(2, node, *self._regrouped(node), why=": other brackets")
        slope = not self.own and SLOPE.fullmatch(text)
        if slope:
            for other, why in SLOPES.items():
                self._instead(1, node, other.format(slope[1]), why=f": {why}")
            for other in self.squashed.items() - {(slope[1], self.squashed.get(slope[1]))}:
                self._instead(1, node, f"1 - {other[0]} ** 2", kind=((0.25, *sorted([slope[1], other[0]])),))
            if slope[1] in self.squashed:
                inner = self.squashed[slope[1]]
                self._instead(1, node, f"1 - ({inner}) ** 2", why=": the square is that of the tanh, not of what goes into it")
                self._instead(1, node, f"sigmoid({inner}) * (1 - sigmoid({inner}))", why=": that is the slope of sigma")

    @staticmethod
    def _regrouped(node):
        """The same letters with other brackets: (a + b) c and a + b c."""
        left, right, op = node.left, node.right, node.op
        strong = isinstance(op, STRONG)
        for inner, other in ((left, WEAK if strong else STRONG), (right, WEAK if strong else STRONG)):
            if isinstance(op, STRONG + WEAK) and isinstance(inner, ast.BinOp) and isinstance(inner.op, other):
                if inner is left:
                    yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right))
                    yield ast.BinOp(ast.BinOp(left.left, op, right), left.op, left.right)
                else:
                    yield ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)
                    yield ast.BinOp(right.left, right.op, ast.BinOp(left, op, right.right))
        if isinstance(op, WEAK) and isinstance(left, ast.BinOp) and isinstance(left.op, WEAK):
            for other in (ast.Add() if isinstance(op, ast.Sub) else ast.Sub(), ast.Mult()):
                yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, other, right))
        if isinstance(op, ast.Sub) and isinstance(right, ast.BinOp) and isinstance(right.op, ast.Pow):
            yield ast.BinOp(ast.BinOp(left, op, right.left), ast.Pow(), right.right)

    def _boolop(self, node, parent, text):
        for one in node.values:
            rest = [other for other in node.values if other is not one]
            self._instead(0, node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
        self._instead(2, node, ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values))

    def _compare(self, node, parent, text):
        self._instead(2, node, *(ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
                                 for other in OPERATORS.get(type(node.ops[0]), ())))

    def _ifexp(self, node, parent, text):
        self._instead(0 if self.own else 4, node, node.body, node.orelse)

    def _unaryop(self, node, parent, text):
        if not isinstance(node.operand, ast.Constant):
            self._instead(1, node, node.operand)

    def _constant(self, node, parent, text):
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            others = ([node.value + 1, node.value - 1] if isinstance(node.value, int) else
                      [] if self.own else [node.value * 10, node.value * 1000])
            power = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow)
            endless = ["np.inf"] * (self.own and isinstance(node.value, float))
            self._instead(4, node, *map(ast.Constant, others + [0.5] * power), *endless)

    def _subscript(self, node, parent, text):
        whole, index = _text(node.value), node.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if self.own and isinstance(index, ast.Compare):
            self._instead(0, node, node.value)
        if any(isinstance(part, ast.Slice) and part.step is not None for part in parts):
            self._instead(1, node, node.value)
            self._instead(3, node, f"{whole}[:, ::-1]", f"{whole}[..., ::-1]", f"np.flip({whole})")
        elif isinstance(index, ast.Slice):
            if index.lower and index.upper:
                self._instead(1, node, f"{whole}[{_text(index.lower)}:]", f"{whole}[:{_text(index.upper)}]")
            self._instead(2, node, whole, f"{whole}[1:]", f"{whole}[:-1]", f"{whole}[::-1]")
        if not parts or isinstance(parts[0], (ast.Slice, ast.Constant, ast.Compare, ast.Tuple)):
            return
        at = _text(parts[0])
        rest = "".join(f", {_text(part)}" for part in parts[1:]) + "]"
        self._instead(2, node, *(f"{whole}[{other}{rest}" for other in (f"{at} - 1", f"{at} + 1", f"{at} - 2", "0", "-1",
                                                                        f"-({at})")))
        value = self.values.get(whole)
        if len(parts) == 1 and isinstance(value, np.ndarray) and value.ndim > 1:
            self._instead(5, node, f"np.tanh({text})", f"sigmoid({text})", f"np.abs({text})", f"-{text}")
            self._instead(2, node, *(other for other, its in self.values.items()
                                     if getattr(its, "shape", None) == value.shape[1:]))


def _alike(a, b, place=False):
    """Whether one value may stand where the other does: same shape, same kind; where an index follows, the first axis may differ."""
    if callable(a) or callable(b):
        return callable(a) and callable(b)
    if not isinstance(b, (int, float, np.ndarray, np.number)):
        return False
    a, b = np.asarray(a), np.asarray(b)
    same = a.shape == b.shape or place and a.ndim == b.ndim > 1 and a.shape[1:] == b.shape[1:]
    return same and a.dtype.kind == b.dtype.kind


def values_in(function, problem):
    """What the names inside a function stand for when it returns, on one problem."""
    found, before = {}, sys.getprofile()

    def look(frame, event, _):
        if event == "return" and frame.f_code is function.__code__:
            found.update(frame.f_locals)

    sys.setprofile(look)
    try:
        function(*copy.deepcopy(problem).values())
    except (Exception, SystemExit):     # what was known until then is enough
        pass
    finally:
        sys.setprofile(before if callable(before) else None)
    return found


def own_rules(function, problem):
    """The `Rules` that would mend a learner's function, from its own text; None where that is not known."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef) or len(tree.body[0].args.args) != len(problem):
        return None
    tree.body[0].decorator_list, tree.body[0].returns = [], None
    space = SPACE | function.__globals__ | {name: cell.cell_contents for name, cell in zip(
        function.__code__.co_freevars, function.__closure__ or ())}
    with contextlib.redirect_stdout(io.StringIO()):     # what it prints has been shown
        values = values_in(function, problem)
    return Rules(ast.unparse(tree), values, space, own=True)
