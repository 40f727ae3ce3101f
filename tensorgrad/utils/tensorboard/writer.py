"""The writer of TensorBoard's event files."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...tensor import Tensor
from .graph import GraphOf

_SETTINGS: dict[str, Any] = {"bool": bool, "string": str, "number": (int, float)}
_DATA_TYPES = {"bool": "BOOL", "string": "STRING", "number": "FLOAT64"}


class SummaryWriter:
    """Writes event files into a folder.

    Args:
        log_dir: the folder; by default runs/<date and time>_<machine>, with `comment` at its end.
        purge_step: hide what an earlier run wrote from this step on, before it crashed.
        max_queue, flush_secs: write to the disk after so many entries, or seconds.
        filename_suffix: at the end of the file's name.
    """

    def __init__(
        self,
        log_dir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        writer, self._proto = _tensorboard()
        if log_dir is None:
            log_dir = Path("runs") / f"{datetime.now():%b%d_%H-%M-%S}_{socket.gethostname()}{comment}"
        self.log_dir = str(log_dir)
        self.purge_step, self.max_queue, self.flush_secs = purge_step, max_queue, flush_secs
        self.filename_suffix = filename_suffix
        self._open = lambda folder: writer(str(folder), max_queue, flush_secs, filename_suffix)
        self._writer = self._open(self.log_dir)
        self._others: dict[str, Any] = {}  # of add_scalars: a run of its own for each curve
        if purge_step is not None:
            session = self._proto.SessionLog(status=self._proto.SessionLog.START)
            event = self._proto.Event(step=purge_step, session_log=session, wall_time=time.time())
            self._writer.add_event(event)

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    # ---- what can be written --------------------------------------------------------------------------------------

    def add_scalar(
        self, tag: str, scalar_value: Any, global_step: int | None = None, walltime: float | None = None,
        new_style: bool = False, double_precision: bool = False,
    ) -> None:  # fmt: skip
        """One point of a curve."""
        self._add(self._writer, tag, global_step, walltime, simple_value=_number("add_scalar", scalar_value))

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """One point each of several curves of one chart: runs of their own, in folders beside."""
        for tag, value in tag_scalar_dict.items():
            folder = f"{self.log_dir}/{main_tag.replace('/', '_')}_{tag}"
            if folder not in self._others:
                self._others[folder] = self._open(folder)
            self._add(self._others[folder], main_tag, global_step, walltime, simple_value=_number("add_scalars", value))

    def add_histogram(
        self, tag: str, values: Any, global_step: int | None = None, bins: Any = "tensorflow",
        walltime: float | None = None, max_bins: int | None = None,
    ) -> None:  # fmt: skip
        """How the values of a tensor, a weight or a gradient say, are distributed.

        Args:
            bins: how many, or what else numpy.histogram takes ("tensorflow" is 64).
            max_bins: no more than these; neighbours are put together.
        """
        x = _array(values).astype(np.float64).reshape(-1)
        if not x.size or not np.isfinite(x).all():
            raise ValueError(f"add_histogram: {tag} has {x.size} values, and needs some, all of them finite.")
        counts, limits = np.histogram(x, 64 if isinstance(bins, str) and bins == "tensorflow" else bins)
        together = -(-len(counts) // max_bins) if max_bins else 1
        counts = np.add.reduceat(counts, np.arange(0, len(counts), together))
        limits = np.append(limits[:-1:together], limits[-1])
        self.add_histogram_raw(
            tag, x.min(), x.max(), x.size, x.sum(), float(x @ x), limits[1:], counts, global_step, walltime
        )

    def add_histogram_raw(
        self, tag: str, min: float, max: float, num: int, sum: float, sum_squares: float, bucket_limits: Any,
        bucket_counts: Any, global_step: int | None = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """A histogram that is counted already.

        Args:
            bucket_limits: the upper end of each bucket. bucket_counts: how many values are in it.
        """
        limits, counts = list(bucket_limits), list(bucket_counts)
        if len(limits) != len(counts):
            raise ValueError(f"add_histogram_raw: {len(limits)} limits for {len(counts)} buckets; one each.")
        histogram = self._proto.HistogramProto(
            min=min, max=max, num=num, sum=sum, sum_squares=sum_squares, bucket_limit=limits, bucket=counts
        )
        self._add(self._writer, tag, global_step, walltime, histo=histogram)

    def add_image(
        self, tag: str, img_tensor: Any, global_step: int | None = None, walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:  # fmt: skip
        """A picture: whole numbers from 0 to 255, or floats from 0 to 1.

        Args:
            dataformats: what the dimensions of `img_tensor` are: "CHW", "HWC", "HW".
        """
        pixels = _pixels("add_image", _array(img_tensor), dataformats)
        image = self._proto.Summary.Image(
            height=pixels.shape[0], width=pixels.shape[1], colorspace=pixels.shape[2], encoded_image_string=_png(pixels)
        )
        self._add(self._writer, tag, global_step, walltime, image=image)

    def add_images(
        self, tag: str, img_tensor: Any, global_step: int | None = None, walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:  # fmt: skip
        """Several pictures side by side."""
        x = _array(img_tensor)
        if sorted(dataformats) not in (sorted("NCHW"), sorted("NHW")) or x.ndim != len(dataformats):
            raise ValueError(
                f"add_images: shape {x.shape} does not fit dataformats={dataformats!r}; NCHW, NHWC or NHW."
            )
        rest = dataformats.replace("N", "")
        tiles = [_pixels("add_images", one, rest) for one in np.moveaxis(x, dataformats.index("N"), 0)]
        self.add_image(tag, np.concatenate(tiles, 1), global_step, walltime, "HWC")

    def add_figure(
        self, tag: str, figure: Any, global_step: int | None = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """A matplotlib figure."""
        buffer = io.BytesIO()
        figure.savefig(buffer, format="rgba")
        width, height = figure.canvas.get_width_height(physical=True)
        pixels = np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)
        self.add_image(tag, pixels, global_step, walltime, "HWC")
        if close:
            from matplotlib import pyplot

            pyplot.close(figure)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Markdown."""
        proto = self._proto
        metadata = self._for_plugin("text")
        text = proto.TensorProto(
            dtype="DT_STRING",
            string_val=[text_string.encode()],
            tensor_shape=proto.TensorShapeProto(dim=[proto.TensorShapeProto.Dim(size=1)]),
        )
        self._add(self._writer, f"{tag}/text_summary", global_step, walltime, metadata=metadata, tensor=text)

    def add_tensor(self, tag: str, tensor: Any, global_step: int | None = None, walltime: float | None = None) -> None:
        """A tensor of floats as it is, for whoever reads the file."""
        self._add(self._writer, tag, global_step, walltime, tensor=self._tensor(_array(tensor)))

    def add_pr_curve(
        self, tag: str, labels: Any, predictions: Any, global_step: int | None = None, num_thresholds: int = 127,
        weights: Any = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Precision over recall of a binary classifier, at so many thresholds from 0 to 1.

        Args:
            labels: 0 or 1. predictions: probabilities. weights: what each example counts.
        """
        right, p = _array(labels).reshape(-1).astype(bool), _array(predictions).reshape(-1)
        if p.shape != right.shape or not p.size or not (p.min() >= 0 and p.max() <= 1):
            raise ValueError(
                f"add_pr_curve: needs as many probabilities as labels, from 0 to 1, got {p.size} for {right.size} labels."
            )
        w = np.ones(p.shape) if weights is None else _array(weights).reshape(-1)
        bucket = np.floor(p * (num_thresholds - 1)).astype(int)
        # how many score at least as high as each threshold
        tp, fp = (np.bincount(bucket, w * which, num_thresholds)[::-1].cumsum()[::-1] for which in (right, ~right))
        tn, fn = fp[0] - fp, tp[0] - tp
        least = 1e-7
        precision, recall = tp / np.maximum(tp + fp, least), tp / np.maximum(tp + fn, least)
        from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData

        content = PrCurvePluginData(version=0, num_thresholds=num_thresholds)
        table = self._tensor(np.stack([tp, fp, tn, fn, precision, recall]))
        self._add(
            self._writer, tag, global_step, walltime, metadata=self._for_plugin("pr_curves", content), tensor=table
        )

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """The operations of a model, in boxes of its modules. It is run once.

        Args:
            input_to_model: a tensor, or a tuple of what the model takes.
            verbose: print the operations as well.
        """
        graph = GraphOf(model, input_to_model)
        if verbose:
            for name, _, taken, shapes in graph.nodes:
                print(f"{name} {', '.join(map(str, shapes))} ← {', '.join(taken)}")
        self._writer.add_event(self._proto.Event(graph_def=graph.proto(self._proto).SerializeToString()))

    def add_hparams(
        self, hparam_dict: Mapping[str, Any], metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, list[Any]] | None = None, run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:  # fmt: skip
        """The settings of a run and what came of them, for comparing runs: a run of its own, in a folder below.

        Args:
            hparam_dict: numbers, bools and text. metric_dict: numbers.
            hparam_domain_discrete: which values a setting may have.
        """
        from tensorboard.plugins.hparams import api_pb2 as api
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

        started = SessionStartInfo(start_time_secs=time.time())
        settings = []
        for name, x in hparam_dict.items():
            x = _array(x).item() if isinstance(x, (Tensor, np.generic, np.ndarray)) else x
            kind = next((k for k, t in _SETTINGS.items() if isinstance(x, t)), None)
            if kind is None:
                raise TypeError(f"add_hparams: {name} is a {type(x).__name__}; settings are numbers, bools and text.")
            setattr(started.hparams[name], f"{kind}_value", x)
            settings.append(api.HParamInfo(name=name, type=f"DATA_TYPE_{_DATA_TYPES[kind]}"))
            if hparam_domain_discrete and name in hparam_domain_discrete:
                settings[-1].domain_discrete.extend(hparam_domain_discrete[name])
        metrics = [api.MetricInfo(name=api.MetricName(tag=tag)) for tag in metric_dict]
        experiment = api.Experiment(hparam_infos=settings, metric_infos=metrics)
        ended = SessionEndInfo(status="STATUS_SUCCESS", end_time_secs=time.time())
        writer = self._open(f"{self.log_dir}/{run_name or time.time()}")
        for tag, part in (
            ("experiment", HParamsPluginData(version=0, experiment=experiment)),
            ("session_start_info", HParamsPluginData(version=0, session_start_info=started)),
            ("session_end_info", HParamsPluginData(version=0, session_end_info=ended)),
        ):
            self._add(writer, f"_hparams_/{tag}", None, None, metadata=self._for_plugin("hparams", part))
        for tag, x in metric_dict.items():
            self._add(writer, tag, global_step, None, simple_value=_number("add_hparams", x))
        writer.close()

    # ---- the file -------------------------------------------------------------------------------------------------

    def _add(self, writer: Any, tag: str, step: int | None, walltime: float | None, **value: Any) -> None:
        proto = self._proto
        summary = proto.Summary(value=[proto.Summary.Value(tag=tag, **value)])
        writer.add_event(proto.Event(summary=summary, step=int(step or 0), wall_time=walltime or time.time()))

    def _for_plugin(self, name: str, content: Any = None) -> Any:
        proto = self._proto
        data = proto.SummaryMetadata.PluginData(plugin_name=name)
        if content is not None:
            data.content = content.SerializeToString()
        return proto.SummaryMetadata(plugin_data=data)

    def _tensor(self, x: Any) -> Any:
        proto = self._proto
        shape = proto.TensorShapeProto(dim=[proto.TensorShapeProto.Dim(size=n) for n in x.shape])
        return proto.TensorProto(dtype="DT_FLOAT", float_val=x.reshape(-1).tolist(), tensor_shape=shape)

    def flush(self) -> None:
        """Write what is waiting to the disk."""
        for writer in (self._writer, *self._others.values()):
            writer.flush()

    def close(self) -> None:
        """Write what is waiting, and close the files."""
        for writer in (self._writer, *self._others.values()):
            writer.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _tensorboard() -> tuple[Any, Any]:
    """tensorboard's writer of event files, and its messages."""
    try:
        from tensorboard.compat.proto import (
            event_pb2,
            graph_pb2,
            summary_pb2,
            tensor_pb2,
            tensor_shape_pb2,
            versions_pb2,
        )
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise ImportError(
            "SummaryWriter: needs the package tensorboard: pip install 'tensorgrad-learn[tensorboard]'."
        ) from error
    names: dict[str, Any] = {}
    for part in (event_pb2, graph_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, versions_pb2):
        names |= vars(part)
    return EventFileWriter, SimpleNamespace(**names)


def _array(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)


def _number(caller: str, x: Any) -> float:
    array = _array(x)
    if array.size != 1:
        raise ValueError(f"{caller}: needs one number, got shape {array.shape}.")
    return float(array.reshape(()))


def _pixels(caller: str, x: Any, dataformats: str) -> Any:
    """A picture as uint8, (H, W, C)."""
    if sorted(dataformats) not in (sorted("CHW"), sorted("HW")) or x.ndim != len(dataformats):
        raise ValueError(f"{caller}: shape {x.shape} does not fit dataformats={dataformats!r}; CHW, HWC or HW.")
    x = x.transpose([dataformats.index(axis) for axis in "HWC" if axis in dataformats])
    x = x[:, :, None] if x.ndim == 2 else x
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(
            f"{caller}: a picture has 1, 3 or 4 channels, got {x.shape[2]}; dataformats is {dataformats!r}."
        )
    return (x * 255).clip(0, 255).astype(np.uint8) if x.dtype.kind == "f" else x.astype(np.uint8)


def _png(pixels: Any) -> bytes:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("add_image: needs the package Pillow: pip install 'tensorgrad-learn[data]'.") from error
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()


__all__ = ["SummaryWriter"]
