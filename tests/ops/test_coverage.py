"""Every public operation has a row: this test fails when one is added without."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import tensorgrad as tg
from tests.ops import optest

# Public functions that are not operations on tensors, and what tests them.
ELSEWHERE = {
    "tests/compat/test_questions.py": "BoolTensor ByteTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor compile "
    "are_deterministic_algorithms_enabled get_num_threads is_complex is_signed is_floating_point is_nonzero is_tensor numel "
    "set_float32_matmul_precision set_num_threads typename use_deterministic_algorithms get_autocast_dtype "
    "get_default_device get_float32_matmul_precision get_num_interop_threads is_autocast_enabled is_inference "
    "set_default_device set_default_tensor_type set_flush_denormal set_num_interop_threads set_warn_always",
    "tests/test_serialization.py": "load save",
    "tests/ops/test_shape.py": "broadcast_shapes",
    "tests/test_dtypes.py": "can_cast finfo get_default_dtype iinfo promote_types set_default_dtype dtype device",
    "tests/autograd": "enable_grad inference_mode is_grad_enabled is_inference_mode_enabled no_grad set_grad_enabled "
    "is_anomaly_check_nan_enabled is_anomaly_enabled",
    "tests/ops/test_promote.py": "result_type",
    "tests/test_func.py": "vmap",
    "tests/test_random.py": "get_rng_state initial_seed manual_seed seed set_rng_state",
    "tests/test_printing.py": "set_printoptions",
}


def public_functions(module: ModuleType) -> dict[str, Any]:
    """The functions a module offers, by name."""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    return {
        n: getattr(module, n)
        for n in names
        if inspect.isfunction(getattr(module, n)) and getattr(module, n).__module__.startswith("tensorgrad")
    }


def covered() -> tuple[set[Any], set[str]]:
    """The functions that some class tests (without what takes `out=`), and the names of their aliases; a module may also
    list TESTED = [functions]."""
    functions: set[Any] = set()
    names: set[str] = set()
    for module in optest.tables("test_errors"):
        functions.update(map(inspect.unwrap, getattr(module, "TESTED", ())))
        for _, cls in optest.rows(module):
            functions.add(inspect.unwrap(cls.op))
            names.update(cls.aliases)
    return functions, names


def test_every_public_function_has_a_row() -> None:
    functions, aliases = covered()
    elsewhere = {name for names in ELSEWHERE.values() for name in names.split()}
    missing = []
    for module in (tg, tg.nn.functional, getattr(tg, "linalg", None), getattr(tg, "special", None)):
        if module is None:
            continue
        for name, function in public_functions(module).items():
            if inspect.unwrap(function) not in functions and name not in aliases and name not in elsewhere:
                missing.append(f"{module.__name__}.{name}")
    assert not missing, f"{len(missing)} public functions without a row in tests/ops: {', '.join(sorted(missing))}"


def test_rows_have_samples_and_a_reason_where_pytorch_has_no_such_thing() -> None:
    functions, _ = covered()
    assert len(functions) > 100
    for module in optest.tables("test_errors"):
        for name, cls in optest.rows(module):
            assert cls.samples, f"{module.__name__}.{name} has no samples"
            if cls.torch is None:
                assert cls.torch_note, f"{module.__name__}.{name}: torch = None needs a torch_note"
