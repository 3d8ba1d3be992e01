"""Samples of distributions of scipy, of functions that are only kept, and of what calls these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.formats.assemble import CALL, call, named, pickled, text

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_CONTINUOUS = ("scipy.stats._continuous_distns", "norm_gen")
_DISCRETE = ("scipy.stats._discrete_distns", "bernoulli_gen")
_VALUES = ("scipy.stats._distn_infrastructure", "rv_sample")
_NEW = b")\x81"
_UNKNOWN = named("my_package", "swish")
_GENERATOR = named("numpy.random._pickle", "__bit_generator_ctor") + text("MT19937") + b"\x85R"


def own_text(shapes: str = "", given: str = "loc=0, scale=1", used: str = "loc, scale") -> str:
    """The text that scipy makes for these shapes, such as 'a, b, '."""
    return (
        f"\ndef _parse_args(self, {shapes} {given}):\n    return ({shapes}), {used}\n"
        f"\ndef _parse_args_rvs(self, {shapes} {given}, size=None):\n"
        f"    return self._argcheck_rvs({shapes} {used}, size=size)\n"
        f"\ndef _parse_args_stats(self, {shapes} {given}, moments='mv'):\n"
        f"    return ({shapes}), {used}, moments\n"
    )


def distribution(
    template: str | bytes,
    *,
    named_as: tuple[str, str] = _CONTINUOUS,
    more: bytes = b"",
    new: bytes = _NEW,
    behind: bytes = b"",
) -> bytes:
    """A pickle of a distribution with this text; `more` are other entries of its state, `behind`
    is what comes when the state is there."""
    value = text(template) if isinstance(template, str) else template
    state = b"}(" + text("_parse_arg_template") + value + text("numargs") + b"K\0" + more + b"u"
    return pickled(named(*named_as) + new + state + b"b" + behind)


def _discrete(named_as: tuple[str, str], kept: bytes) -> bytes:
    """A discrete one, which keeps its own method: it is number 9 of the memo."""
    method = named("builtins", "getattr") + b"(h\x09" + text("_entropy") + b"tR"
    template = own_text("p, ", "loc=0", "loc, 1")
    entry = text("vecentropy") + kept.replace(b"METHOD", method)
    return distribution(template, named_as=named_as, new=_NEW + b"q\x09", more=entry)


_FOR_MANY = named("numpy", "vectorize") + _NEW + b"}(" + text("pyfunc") + b"METHODub"


def distributions() -> Samples:
    """Verdict and content by the name of the file."""
    plain, shaped = own_text(), own_text("a, b, ")
    longer = own_text().replace("\ndef _parse_args(", "\nprint(1)\ndef _parse_args(", 1)
    in_default = own_text().replace("loc=0", "loc=print(1)")
    wrong = {
        "text-first": f"print(1)\n{plain}",
        "text-behind": f"{plain}print(1)\n",
        "text-between": longer,
        "no-text": "",
        "decorator": plain.replace("\ndef _parse_args_rvs", "\n@print\ndef _parse_args_rvs"),
        "shape-with-default": own_text("a=print(1), "),
        "shape-with-type": own_text("a: print(1), "),
        "default": in_default,
        "shape-of-letters": own_text("\u00e4, "),
        "other-shapes": shaped.replace("(a, b, )", "(a, )"),
        "no-comma": own_text("a, b"),
        "lines": plain.replace("\n", "\r\n"),
    }
    as_pairs = b"](" + text("_parse_arg_template") + text("print(1)") + b"\x86e"
    kept_call = text("_attach_methods") + _UNKNOWN
    in_partial = text("_attach_methods") + call("functools", "partial", "x")
    turned = text("_parse_arg_template") + text(plain)
    bad_state = b"}(" + text("_parse_arg_template") + text("print(1)") + b"uq\x07"
    return {
        "plain.pkl": ("ok", distribution(plain)),
        "shaped.pkl": ("ok", distribution(shaped)),
        "discrete.pkl": ("ok", _discrete(_DISCRETE, _FOR_MANY)),
        "of-values.pkl": ("ok", _discrete(_VALUES, b"METHOD")),
        "new.pkl": ("ok", distribution(plain, new=b")R")),
        **{f"{name}.pkl": ("unsafe", distribution(one)) for name, one in wrong.items()},
        "of-a-package.pkl": ("warn", distribution(plain, named_as=("my_package", "MyLaw"))),
        "text-of-a-package.pkl": (
            "unsafe", distribution("print(1)", named_as=("my_package", "MyLaw")),
        ),
        # What scipy calls before it runs the text.
        "calls-what-it-keeps.pkl": ("unsafe", distribution(plain, more=kept_call)),
        "calls-a-partial.pkl": ("unsafe", distribution(plain, more=in_partial)),
        "other-vecentropy.pkl": (
            "unsafe", distribution(plain, more=text("vecentropy") + _UNKNOWN),
        ),
        # A state that is no dictionary, is changed later, or is set by something else.
        "pairs.pkl": ("unsafe", pickled(named(*_CONTINUOUS) + _NEW + as_pairs + b"b")),
        "no-state.pkl": ("unsafe", pickled(named(*_CONTINUOUS) + _NEW + b"Nb")),
        "text-changed-later.pkl": (
            "unsafe",
            pickled(
                named(*_CONTINUOUS) + _NEW + bad_state + b"b0h\x07" + turned + b"s"
            ),
        ),
        "text-twice.pkl": (
            "unsafe", distribution(plain, more=text("_parse_arg_template") + text("print(1)")),
        ),
        "state-twice.pkl": ("unsafe", distribution(plain, behind=bad_state + b"b")),
        "text-worked-out.pkl": (
            "unsafe", distribution(call("_codecs", "encode", "print(1)", "latin1")),
        ),
        "key-worked-out.pkl": (
            "unsafe",
            distribution(
                plain, more=call("builtins", "str", "_parse_arg_template") + text("print(1)")
            ),
        ),
        "many-keys.pkl": (
            "unsafe",
            distribution(
                plain,
                more=b"".join(text(f"a{number}") + b"N" for number in range(99))
                + text("_parse_arg_template") + text("print(1)"),
            ),
        ),
        "given-to-another.pkl": (
            "unsafe",
            pickled(
                named("copyreg", "_reconstructor") + b"(" + named(*_CONTINUOUS)
                + named("builtins", "object") + b"NtR" + as_pairs + b"b"
            ),
        ),
        "made-of-arguments.pkl": (
            "unsafe", distribution(plain, new=b"(" + text("x") + b"tR"),
        ),
        "called.pkl": ("unsafe", distribution(plain, behind=b")R")),
        "other-method.pkl": (
            "unsafe", pickled(named("builtins", "getattr") + b"(" + named(*_CONTINUOUS) + _NEW
                              + text("expect") + b"tR"),
        ),
        "entropy-called.pkl": (
            "unsafe", pickled(named("builtins", "getattr") + b"(" + named(*_CONTINUOUS) + _NEW
                              + text("_entropy") + b"tR)R"),
        ),
        "base-class.pkl": (
            "unsafe", pickled(call("scipy.stats._distn_infrastructure", "rv_continuous")),
        ),
    }  # fmt: skip


def kept_functions() -> Samples:
    """Functions in partial and the like, which the file itself does not call."""
    partial = named("functools", "partial")
    random_state = named("numpy.random._pickle", "__randomstate_ctor") + _GENERATOR + b"\x85R"
    return {
        "partial-of-known.pkl": (
            "ok", pickled(partial + named("torch.nn.modules.normalization", "LayerNorm") + b"\x85R"
                          + b"(N)}Ntb"),
        ),
        "partial-of-class.pkl": ("warn", pickled(partial + named("my_package", "Norm") + b"\x85R")),
        "partial-of-function.pkl": ("warn", pickled(partial + _UNKNOWN + b"\x85R")),
        "partial-beside-random.pkl": (
            "warn", pickled(b"(" + partial + _UNKNOWN + b"\x85R" + random_state + b"t"),
        ),
        "partial-of-python.pkl": ("unsafe", pickled(partial + named("os", "system") + b"\x85R")),
        "partial-called.pkl": ("unsafe", pickled(partial + _UNKNOWN + b"\x85R)R")),
        "partial-to-random.pkl": (
            "unsafe",
            pickled(
                named("numpy.random._pickle", "__randomstate_ctor") + b"(" + text("MT19937")
                + partial + _UNKNOWN + b"\x85RtR"
            ),
        ),
        "function-to-random.pkl": (
            "unsafe",
            pickled(
                named("numpy.random._pickle", "__generator_ctor") + b"(" + text("MT19937")
                + _UNKNOWN + b"tR"
            ),
        ),
        "partial-to-tensor.pkl": (
            "unsafe",
            pickled(
                named("torch._tensor", "_rebuild_from_type_v2") + b"(" + partial + _UNKNOWN
                + b"\x85R" + named("torch", "Tensor") + b")}tR"
            ),
        ),
        "partial-of-a-package.pkl": ("unsafe", pickled(
            named("my_package", "partial") + _UNKNOWN + b"\x85R"
        )),
        "for-many-called.pkl": (
            "unsafe", pickled(named("numpy", "vectorize") + _UNKNOWN + b"\x85R)R"),
        ),
        "for-many.pkl": ("warn", pickled(named("numpy", "vectorize") + _UNKNOWN + b"\x85R")),
        "runs-beside.pkl": ("unsafe", pickled(partial + _UNKNOWN + b"\x85R0" + CALL)),
    }  # fmt: skip
