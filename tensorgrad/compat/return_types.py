"""`tensorgrad.return_types`: the named tuples that operations return, under PyTorch's names."""

from ..ops import determinant, elementwise, extremes, factorize, scan, solve, spectral
from ..ops import histogram as counts
from ..ops import sort as sorting
from . import legacy

aminmax = extremes.aminmax_result
cummax = scan.cummax_result
cummin = scan.cummin_result
frexp = elementwise.frexp_result
geqrf = factorize.geqrf_result
histogram = counts.histogram_result
histogramdd = counts.histogramdd_result
kthvalue = sorting.kthvalue_result
linalg_cholesky_ex = factorize.linalg_cholesky_ex_result
linalg_eigh = spectral.linalg_eigh_result
linalg_inv_ex = solve.linalg_inv_ex_result
linalg_lstsq = solve.linalg_lstsq_result
linalg_lu = factorize.linalg_lu_result
linalg_lu_factor = factorize.linalg_lu_factor_result
linalg_lu_factor_ex = factorize.linalg_lu_factor_ex_result
linalg_qr = factorize.linalg_qr_result
linalg_slogdet = determinant.linalg_slogdet_result
linalg_solve_ex = solve.linalg_solve_ex_result
linalg_svd = spectral.linalg_svd_result
max = extremes.max_result
median = sorting.median_result
min = extremes.min_result
mode = sorting.mode_result
nanmedian = sorting.nanmedian_result
sort = sorting.sort_result
svd = legacy.svd_result
topk = sorting.topk_result
triangular_solve = legacy.triangular_solve_result

__all__ = [
    "aminmax", "cummax", "cummin", "frexp", "geqrf", "histogram", "histogramdd", "kthvalue", "linalg_cholesky_ex",
    "linalg_eigh", "linalg_inv_ex", "linalg_lstsq", "linalg_lu", "linalg_lu_factor", "linalg_lu_factor_ex",
    "linalg_qr", "linalg_slogdet", "linalg_solve_ex", "linalg_svd", "max", "median", "min", "mode", "nanmedian",
    "sort", "svd", "topk", "triangular_solve",
]
