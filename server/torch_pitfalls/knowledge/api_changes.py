"""Names of torch and its companions that were removed or deprecated; ``scripts/check_api.py`` checks the table.

All versions are those of torch; torchvision 0.N belongs to torch 2.(N - 15), before that to 1.(N - 1), and
torchaudio has torch's numbers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

Version = tuple[int, ...]

NEWEST: Version = (2, 13)
"""The newest torch that the tables know: what counts where nothing tells the version."""


class Change(NamedTuple):
    """What happened to a name, or to everything below it if it is a module.

    deprecated  since when it is deprecated; None if it was removed without notice
    removed     since when it is gone, or raises whenever it is called; None if it is not
    instead     what takes its place: a qualified name, or an expression; empty if nothing does
    exists      the first version that has what takes its place
    how         in what way the replacement is one to one: ``same``: only the name changes, ``same N``: so for
                calls with at most N positional arguments and no others, ``first X``: besides, the argument X comes
                first, ``with X``: besides, the argument X is added, ``call``: only calls are concerned, empty: in none
    """

    name: str
    deprecated: Version | None
    removed: Version | None
    instead: str
    exists: Version
    how: str

    @property
    def shown(self) -> str:
        """What takes its place, with the argument that it now wants."""
        how, _, detail = self.how.partition(" ")
        argument = detail.partition(" ")[0]
        return f"{self.instead}({argument})" if how in ("first", "with") else self.instead


_TABLE = """
torch.solve | 1.9 | 1.13 | torch.linalg.solve | 1.8 |
torch.lstsq | 1.9 | 1.13 | torch.linalg.lstsq | 1.9 |
torch.eig | 1.9 | 1.13 | torch.linalg.eig | 1.9 |
torch.matrix_rank | 1.9 | 1.13 | torch.linalg.matrix_rank | 1.8 | same 1
torch.symeig | 1.9 | 2.0 | torch.linalg.eigh | 1.8 |
torch.rfft | 1.7 | 1.8 | torch.fft.rfft | 1.7 |
torch.irfft | 1.7 | 1.8 | torch.fft.irfft | 1.7 |
torch.ifft | 1.7 | 1.8 | torch.fft.ifft | 1.7 |
torch.fft | 1.7 | 1.8 | torch.fft.fft | 1.7 | call
torch.gels | 1.1 | 1.2 | torch.linalg.lstsq | 1.9 |
torch.gesv | 1.1 | 1.2 | torch.linalg.solve | 1.8 |
torch.trtrs | 1.1 | 1.2 | torch.linalg.solve_triangular | 1.11 |
torch.potrf | 1.0 | 1.2 | torch.linalg.cholesky | 1.8 |
torch.potrs | 1.0 | 1.2 | torch.cholesky_solve | 1.1 |
torch.btrifact | 1.1 | 1.2 | torch.linalg.lu_factor | 1.11 |
torch.set_deterministic | 1.8 | 1.11 | torch.use_deterministic_algorithms | 1.8 | same
torch.is_deterministic | 1.8 | 1.11 | torch.are_deterministic_algorithms_enabled | 1.8 | same
torch.nested_tensor |  | 1.13 | torch.nested.nested_tensor | 1.13 | same
torch._six |  | 2.0 |  | 1.0 |
torch._six.inf |  | 2.0 | torch.inf | 1.7 | same
torch._six.nan |  | 2.0 | torch.nan | 1.7 | same
torch._six.string_classes |  | 2.0 | str | 1.0 | same
torch._six.int_classes |  | 1.9 | int | 1.0 | same
torch._six.container_abcs |  | 1.9 | collections.abc | 1.0 | same
torch._six.with_metaclass |  | 2.0 |  | 1.0 |
torch.distributed.all_reduce_multigpu | 1.13 | 2.2 | torch.distributed.all_reduce | 1.0 |
torch.distributed.broadcast_multigpu | 1.13 | 2.2 | torch.distributed.broadcast | 1.0 |
torch.distributed.reduce_multigpu | 1.13 | 2.2 | torch.distributed.reduce | 1.0 |
torch.distributed.all_gather_multigpu | 1.13 | 2.2 | torch.distributed.all_gather | 1.0 |
torch.distributed.reduce_scatter_multigpu | 1.13 | 2.2 | torch.distributed.reduce_scatter | 1.0 |
torch.distributed.pipeline | 2.2 | 2.4 | torch.distributed.pipelining | 2.4 |
torch.testing.make_non_contiguous | 1.12 | 2.0 | torch.testing.make_tensor | 1.9 |
torch.testing.rand | 1.12 | 2.0 | torch.rand | 1.0 | same
torch.testing.randn | 1.12 | 2.0 | torch.randn | 1.0 | same
torch.testing.assert_allclose | 1.12 |  | torch.testing.assert_close | 1.10 |
torch.nn.modules.linear._LinearWithBias |  | 1.9 | torch.nn.modules.linear.NonDynamicallyQuantizableLinear | 1.9 | same
torch.onnx.symbolic_registry |  | 1.13 | torch.onnx.register_custom_op_symbolic | 1.13 |
torch.onnx.export_to_pretty_string | 2.0 | 2.6 | torch.onnx.export | 1.0 |
torch.onnx.dynamo_export | 2.7 | 2.9 | torch.onnx.export(..., dynamo=True) | 2.5 |
torch.onnx.ExportOptions | 2.7 | 2.9 | torch.onnx.export(..., dynamo=True) | 2.5 |
torch.onnx.enable_fake_mode |  | 2.9 | torch.onnx.export(..., dynamo=True) | 2.5 |
torch.onnx.is_onnxrt_backend_supported |  | 2.9 |  | 1.0 |
torch.onnx.OnnxRegistry | 2.6 | 2.8 | torch.onnx.export(..., custom_translation_table=...) | 2.7 |
torch.onnx.ONNXRuntimeOptions | 2.6 | 2.8 | torch.onnx.export(..., dynamo=True) | 2.5 |
torch.export.dynamic_dim | 2.4 | 2.6 | torch.export.Dim | 2.2 |
torch.export.export_for_inference |  | 2.8 | torch.export.export | 2.1 |
torch.export.export_for_training | 2.9 | 2.13 | torch.export.export | 2.1 | same
torch._export.capture_pre_autograd_graph | 2.5 | 2.8 | torch.export.export | 2.1 |
torch.utils.bottleneck |  | 2.10 | torch.profiler | 1.9 |
torch.ao.quantization.quantize_pt2e |  | 2.13 | torchao.quantization.pt2e | 2.10 |
torch.ao.quantization.quantizer |  | 2.13 | torchao.quantization.pt2e.quantizer | 2.10 |
torch.utils.ffi | 0.4 | 1.0 | torch.utils.cpp_extension | 0.4 |
torch.legacy |  | 1.0 |  | 1.0 |

torch.qr | 1.9 |  | torch.linalg.qr | 1.8 | same 1
torch.cholesky | 1.9 |  | torch.linalg.cholesky | 1.8 | same 1
torch.chain_matmul | 1.9 |  | torch.linalg.multi_dot | 1.9 |
torch.ger | 1.8 |  | torch.outer | 1.7 | same
torch.lu | 1.12 |  | torch.linalg.lu_factor | 1.11 |
torch.lu_solve | 1.13 |  | torch.linalg.lu_solve | 1.13 |
torch.triangular_solve | 1.11 |  | torch.linalg.solve_triangular | 1.11 |
torch.svd | 1.9 |  | torch.linalg.svd | 1.8 |
torch.norm | 1.9 |  | torch.linalg.vector_norm | 1.9 |
torch.range | 0.4 |  | torch.arange | 0.2 |
torch.set_default_tensor_type | 2.1 |  | torch.set_default_dtype | 0.4 |
torch.cuda.amp.autocast | 2.4 |  | torch.amp.autocast | 1.10 | first "cuda" 0
torch.cuda.amp.GradScaler | 2.4 |  | torch.amp.GradScaler | 2.3 | first "cuda"
torch.cuda.amp.custom_fwd | 2.4 |  | torch.amp.custom_fwd | 2.4 | with device_type="cuda"
torch.cuda.amp.custom_bwd | 2.4 |  | torch.amp.custom_bwd | 2.4 | with device_type="cuda"
torch.cpu.amp.autocast | 2.4 |  | torch.amp.autocast | 1.10 | first "cpu" 0
torch.cpu.amp.GradScaler | 2.4 |  | torch.amp.GradScaler | 2.3 | first "cpu"
torch.get_autocast_gpu_dtype | 2.4 |  | torch.get_autocast_dtype | 2.4 | first "cuda"
torch.set_autocast_gpu_dtype | 2.4 |  | torch.set_autocast_dtype | 2.4 | first "cuda"
torch.get_autocast_cpu_dtype | 2.4 |  | torch.get_autocast_dtype | 2.4 | first "cpu"
torch.set_autocast_cpu_dtype | 2.4 |  | torch.set_autocast_dtype | 2.4 | first "cpu"
torch.is_autocast_cpu_enabled | 2.4 |  | torch.is_autocast_enabled | 2.4 | first "cpu"
torch.set_autocast_cpu_enabled | 2.4 |  | torch.set_autocast_enabled | 2.4 | first "cpu"
torch.backends.cuda.sdp_kernel | 2.3 |  | torch.nn.attention.sdpa_kernel | 2.3 |
torch.cuda.memory_cached | 1.4 |  | torch.cuda.memory_reserved | 1.4 | same
torch.cuda.max_memory_cached | 1.4 |  | torch.cuda.max_memory_reserved | 1.4 | same
torch.cuda.reset_max_memory_allocated | 1.5 |  | torch.cuda.reset_peak_memory_stats | 1.4 | same
torch.cuda.reset_max_memory_cached | 1.5 |  | torch.cuda.reset_peak_memory_stats | 1.4 | same
torch.nn.init.uniform | 0.4 |  | torch.nn.init.uniform_ | 0.4 | same
torch.nn.init.normal | 0.4 |  | torch.nn.init.normal_ | 0.4 | same
torch.nn.init.constant | 0.4 |  | torch.nn.init.constant_ | 0.4 | same
torch.nn.init.eye | 0.4 |  | torch.nn.init.eye_ | 0.4 | same
torch.nn.init.dirac | 0.4 |  | torch.nn.init.dirac_ | 0.4 | same
torch.nn.init.xavier_uniform | 0.4 |  | torch.nn.init.xavier_uniform_ | 0.4 | same
torch.nn.init.xavier_normal | 0.4 |  | torch.nn.init.xavier_normal_ | 0.4 | same
torch.nn.init.kaiming_uniform | 0.4 |  | torch.nn.init.kaiming_uniform_ | 0.4 | same
torch.nn.init.kaiming_normal | 0.4 |  | torch.nn.init.kaiming_normal_ | 0.4 | same
torch.nn.init.orthogonal | 0.4 |  | torch.nn.init.orthogonal_ | 0.4 | same
torch.nn.init.sparse | 0.4 |  | torch.nn.init.sparse_ | 0.4 | same
torch.nn.utils.clip_grad_norm | 0.4 |  | torch.nn.utils.clip_grad_norm_ | 0.4 | same
torch.nn.utils.weight_norm | 2.1 |  | torch.nn.utils.parametrizations.weight_norm | 2.1 |
torch.nn.utils.stateless.functional_call | 2.0 |  | torch.func.functional_call | 2.0 | same
torch.nn.functional.upsample | 0.4 |  | torch.nn.functional.interpolate | 0.4 | same
torch.nn.functional.upsample_nearest | 0.4 |  | torch.nn.functional.interpolate | 0.4 | same
torch.nn.functional.upsample_bilinear | 0.4 |  | torch.nn.functional.interpolate | 0.4 |
torch.nn.UpsamplingNearest2d | 0.4 |  | torch.nn.Upsample | 0.4 |
torch.nn.UpsamplingBilinear2d | 0.4 |  | torch.nn.Upsample | 0.4 |
torch.nn.NLLLoss2d | 0.4 |  | torch.nn.NLLLoss | 0.4 | same
torch.nn.Container | 0.4 |  | torch.nn.Module | 0.4 |
torch.nn.parallel.DistributedDataParallelCPU | 1.1 |  | torch.nn.parallel.DistributedDataParallel | 1.1 |
torch.utils._pytree._register_pytree_node | 2.2 |  | torch.utils._pytree.register_pytree_node | 2.2 | same
torch.utils.data._utils.collate.default_collate | 1.11 |  | torch.utils.data.default_collate | 1.11 | same
torch.utils.data._utils.collate.default_convert | 1.11 |  | torch.utils.data.default_convert | 1.11 | same
torch.library.impl_abstract | 2.4 |  | torch.library.register_fake | 2.4 | same
torch.distributed.reduce_op | 1.0 |  | torch.distributed.ReduceOp | 1.0 | same
torch.distributed._all_gather_base | 1.13 |  | torch.distributed.all_gather_into_tensor | 1.13 | same
torch.distributed._reduce_scatter_base | 1.13 |  | torch.distributed.reduce_scatter_tensor | 1.13 | same
torch.distributed.all_gather_into_tensor | 2.13 |  | torch.distributed.all_gather_single | 2.13 |
torch.distributed.reduce_scatter_tensor | 2.13 |  | torch.distributed.reduce_scatter_single | 2.13 |
torch.distributed.checkpoint.save_state_dict | 2.2 |  | torch.distributed.checkpoint.save | 2.2 |
torch.distributed.checkpoint.load_state_dict | 2.2 |  | torch.distributed.checkpoint.load | 2.2 |
torch.ao.quantization.get_default_qconfig_dict | 1.13 |  | torch.ao.quantization.get_default_qconfig_mapping | 1.13 |
torch.ao.quantization.get_default_qat_qconfig_dict | 1.13 |  | torch.ao.quantization.get_default_qat_qconfig_mapping | 1.13 |
torch.ao.quantization.quantize | 2.8 |  | torchao.quantization | 2.8 |
torch.ao.quantization.quantize_dynamic | 2.8 |  | torchao.quantization | 2.8 |
torch.ao.quantization.quantize_qat | 2.8 |  | torchao.quantization | 2.8 |
torch.ao.quantization.prepare | 2.8 |  | torchao.quantization | 2.8 |
torch.ao.quantization.prepare_qat | 2.8 |  | torchao.quantization | 2.8 |
torch.ao.quantization.convert | 2.8 |  | torchao.quantization | 2.8 |
torch.ao.quantization.QConfigDynamic | 1.12 |  | torch.ao.quantization.QConfig | 1.4 |
torch.quantization.quantize | 2.8 |  | torchao.quantization | 2.8 |
torch.quantization.quantize_dynamic | 2.8 |  | torchao.quantization | 2.8 |
torch.quantization.quantize_qat | 2.8 |  | torchao.quantization | 2.8 |
torch.quantization.prepare | 2.8 |  | torchao.quantization | 2.8 |
torch.quantization.prepare_qat | 2.8 |  | torchao.quantization | 2.8 |
torch.quantization.convert | 2.8 |  | torchao.quantization | 2.8 |
torch.quantization.QConfigDynamic | 1.12 |  | torch.quantization.QConfig | 1.4 |
torch.distributed.all_gather_coalesced | 2.0 |  | torch.distributed.all_gather | 1.0 |
torch.distributed.all_reduce_coalesced | 2.0 |  | torch.distributed.all_reduce | 1.0 |
torch.onnx.select_model_mode_for_export | 2.7 |  | torch.nn.Module.eval | 1.0 |
torch.jit.script | 2.10 |  | torch.compile | 2.0 |
torch.jit.trace | 2.10 |  | torch.export.export | 2.1 |
torch.jit.load | 2.10 |  | torch.export.load | 2.1 |
torch.jit.save | 2.10 |  | torch.export.save | 2.1 |
functorch.vmap | 2.0 |  | torch.func.vmap | 2.0 | same
functorch.grad | 2.0 |  | torch.func.grad | 2.0 | same
functorch.grad_and_value | 2.0 |  | torch.func.grad_and_value | 2.0 | same
functorch.vjp | 2.0 |  | torch.func.vjp | 2.0 | same
functorch.jvp | 2.0 |  | torch.func.jvp | 2.0 | same
functorch.jacrev | 2.0 |  | torch.func.jacrev | 2.0 | same
functorch.jacfwd | 2.0 |  | torch.func.jacfwd | 2.0 | same
functorch.hessian | 2.0 |  | torch.func.hessian | 2.0 | same
functorch.functionalize | 2.0 |  | torch.func.functionalize | 2.0 | same
functorch.make_functional | 2.0 |  | torch.func.functional_call | 2.0 |
functorch.make_functional_with_buffers | 2.0 |  | torch.func.functional_call | 2.0 |
functorch.combine_state_for_ensemble | 2.0 |  | torch.func.stack_module_state | 2.0 |

torchvision.transforms.Scale | 0.2 | 1.11 | torchvision.transforms.Resize | 0.2 | same
torchvision.transforms.RandomSizedCrop | 0.2 | 1.11 | torchvision.transforms.RandomResizedCrop | 0.2 | same
torchvision.transforms.functional_tensor | 2.0 | 2.2 | torchvision.transforms.functional | 1.0 | same
torchvision.transforms.functional_pil | 2.0 | 2.2 | torchvision.transforms.functional | 1.0 | same
torchvision.models.utils |  | 1.11 | torch.hub | 1.1 | same
torchvision.models.segmentation.segmentation | 1.12 | 1.13 | torchvision.models.segmentation | 1.0 | same
torchvision.datapoints |  | 2.1 | torchvision.tv_tensors | 2.1 |
torchvision.datasets.Kinetics400 | 1.11 | 1.13 | torchvision.datasets.Kinetics | 1.11 |
torchvision.models.mobilenetv2.ConvBNReLU | 1.12 | 1.13 | torchvision.ops.Conv2dNormActivation | 1.12 |
torchvision.models.mobilenetv2.ConvBNActivation | 1.12 | 1.13 | torchvision.ops.Conv2dNormActivation | 1.12 |
torchvision.models.mobilenetv3.SqueezeExcitation | 1.12 | 1.13 | torchvision.ops.SqueezeExcitation | 1.11 |
torchvision.transforms.v2.ToImageTensor |  | 2.1 | torchvision.transforms.v2.ToImage | 2.1 | same
torchvision.transforms.v2.ToImagePIL |  | 2.1 | torchvision.transforms.v2.ToPILImage | 2.1 | same
torchvision.transforms.v2.ConvertDtype |  | 2.1 | torchvision.transforms.v2.ConvertImageDtype | 2.0 | same
torchvision.transforms.v2.ToTensor | 2.1 |  | torchvision.transforms.v2.Compose([torchvision.transforms.v2.ToImage(), torchvision.transforms.v2.ToDtype(torch.float32, scale=True)]) | 2.1 |
torchvision.transforms.v2.functional.to_tensor | 2.1 |  | torchvision.transforms.v2.functional.to_image | 2.1 |
torchvision.transforms.v2.functional.get_image_size | 2.1 |  | torchvision.transforms.v2.functional.get_size | 2.1 |
torchvision.io.read_video | 2.7 |  | torchcodec.decoders.VideoDecoder | 2.7 |
torchvision.io.write_video | 2.7 |  | torchcodec.encoders.VideoEncoder | 2.9 |
torchvision.io.VideoReader | 2.7 |  | torchcodec.decoders.VideoDecoder | 2.7 |

torchaudio.info | 2.8 | 2.9 | torchcodec.decoders.AudioDecoder | 2.8 |
torchaudio.list_audio_backends | 2.8 | 2.9 |  | 1.0 |
torchaudio.get_audio_backend | 2.2 | 2.9 |  | 1.0 |
torchaudio.set_audio_backend | 2.2 | 2.9 |  | 1.0 |
torchaudio.backend | 2.2 | 2.9 |  | 1.0 |
torchaudio.io | 2.8 | 2.9 | torchcodec | 2.8 |
torchaudio.sox_effects | 2.8 | 2.9 |  | 1.0 |
torchaudio.kaldi_io | 2.8 | 2.9 |  | 1.0 |
torchaudio.prototype | 2.8 | 2.9 |  | 1.0 |
torchaudio.AudioMetaData | 2.8 | 2.9 | torchcodec.decoders.AudioDecoder | 2.8 |
torchaudio.functional.apply_codec | 2.2 | 2.9 |  | 1.0 |
torchaudio.utils.sox_utils | 2.8 | 2.9 |  | 1.0 |
torchaudio.utils.ffmpeg_utils | 2.8 | 2.9 |  | 1.0 |
torchaudio.utils.download_asset | 2.8 | 2.9 |  | 1.0 |
torchaudio.load_wav | 1.8 | 1.10 | torchaudio.load | 1.0 |
torchaudio.functional.magphase | 1.10 | 1.12 | torch.abs | 1.0 |
torchaudio.functional.complex_norm | 1.10 | 1.12 | torch.abs | 1.0 |
torchaudio.transforms.ComplexNorm | 1.10 | 1.12 | torch.abs | 1.0 |
torchaudio.functional.create_fb_matrix | 1.10 | 1.12 | torchaudio.functional.melscale_fbanks | 1.10 |
"""


class Argument(NamedTuple):
    """An argument that is deprecated or gone, of functions and classes whose qualified names match ``of``."""

    of: re.Pattern[str]
    name: str
    deprecated: Version
    removed: Version | None


_SCHEDULERS = re.compile(r"^torch\.optim\.lr_scheduler\.[A-Z]\w+$")
_LOSSES = re.compile(
    r"^torch\.nn\.(?:modules\.loss\.)?\w+Loss$|^torch\.nn\.functional\.(?:\w+_loss|\w*cross_entropy\w*|kl_div)$"
)
ARGUMENTS = (
    Argument(_SCHEDULERS, "verbose", (2, 2), (2, 7)),
    Argument(_LOSSES, "size_average", (0, 4, 1), None),
    Argument(_LOSSES, "reduce", (0, 4, 1), None),
)

REDUCTIONS = {
    ("size_average", True): "mean",
    ("size_average", False): "sum",
    ("reduce", True): "mean",
    ("reduce", False): "none",
}
"""A deprecated argument of a loss and its value → the ``reduction`` that it means."""

MESHGRID_SINCE: Version = (1, 10)
"""Since when ``torch.meshgrid`` wants ``indexing``."""

EPOCH_IS_RIGHT = frozenset({"ReduceLROnPlateau", "CosineAnnealingWarmRestarts"})
"""Schedulers whose ``step`` is meant to be given something."""

EPOCH_SINCE: Version = (1, 4)
"""Since when the epoch argument of ``scheduler.step`` is deprecated."""


def _version(text: str) -> Version | None:
    return tuple(int(part) for part in text.split(".")) if text else None


def _read(line: str) -> Change:
    name, deprecated, removed, instead, exists, how = (part.strip() for part in line.split("|"))
    return Change(name, _version(deprecated), _version(removed), instead, _version(exists) or (), how)


_MODEL_FILES = (
    "alexnet",
    "densenet",
    "googlenet",
    "inception",
    "mnasnet",
    "mobilenetv2",
    "resnet",
    "squeezenet",
    "vgg",
)
_IN_MODEL_FILES = (
    Change("model_urls", None, (2, 0), "torchvision.models.get_weight", (1, 12), ""),
    Change("load_state_dict_from_url", None, (1, 12), "torch.hub.load_state_dict_from_url", (1, 1), "same"),
)


def release(name: str, version: Version) -> str:
    """The release of a name's own package that belongs to a torch version: ``torchvision 0.17``."""
    package = name.partition(".")[0]
    major, minor = (*version, 0)[:2]
    if package == "torchvision" and version >= (1, 1):
        return f"torchvision 0.{minor + (15 if major >= 2 else 1)}"
    if package == "torchaudio" and major >= 1:
        return f"torchaudio {f'{major}.' if major >= 2 else '0.'}{minor}"
    return f"torch {'.'.join(map(str, version))}"


CHANGES = {
    change.name: change
    for change in (
        *(_read(line) for line in _TABLE.splitlines() if line),
        *(
            change._replace(name=f"torchvision.models.{file}.{change.name}")
            for file in _MODEL_FILES
            for change in _IN_MODEL_FILES
        ),
    )
}
"""Qualified name → what happened to it."""


@lru_cache(maxsize=4096)
def change_of(qualified: str) -> Change | None:
    """What happened to a name or, if the table does not have it, to the module it is in."""
    name = qualified
    while name:
        found = CHANGES.get(name)
        if found is not None:
            return found if name == qualified else _below(found, qualified)
        name = name.rpartition(".")[0]
    return None


def _below(module: Change, qualified: str) -> Change | None:
    """The change of a module, for a name in it."""
    if module.how == "call" or not _is_module(module.name):
        return None
    rest = qualified.removeprefix(module.name)
    if module.how != "same" or rest.startswith("._"):
        return module._replace(name=qualified, how="")
    return module._replace(name=qualified, instead=module.instead + rest)


def _is_module(name: str) -> bool:
    last = name.rpartition(".")[2]
    return name in _MODULES or last.startswith("_six")


_MODULES = frozenset(
    """
    torch._six torch.distributed.pipeline torch.onnx.symbolic_registry torch.utils.bottleneck torch.utils.ffi torch.legacy
    torch.ao.quantization.quantize_pt2e torch.ao.quantization.quantizer torchvision.transforms.functional_tensor
    torchvision.transforms.functional_pil torchvision.models.utils torchvision.models.segmentation.segmentation
    torchvision.datapoints torchaudio.backend torchaudio.io torchaudio.sox_effects torchaudio.kaldi_io
    torchaudio.prototype torchaudio.utils.sox_utils torchaudio.utils.ffmpeg_utils torch.distributed.reduce_op
    """.split()
)
"""Names of the table that stand for everything below them."""
