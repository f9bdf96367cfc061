"""What people get wrong about names of torch, in a few lines each; shown when a pointer rests on the name.

Every statement was run on torch 2.13; where versions differ, the note says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.messages import Text, say


@dataclass(frozen=True, slots=True)
class ApiNote:
    """A few sentences about a name, and the rules whose pages say more."""

    text: Text
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MethodNote:
    """A note about a method of values of some kinds.

    ``unmistakable`` if the name alone tells that the receiver is torch's, whatever is known of it.
    """

    of: int
    note: ApiNote
    unmistakable: bool = False


_EVAL = ApiNote(
    say(
        "Switches dropout off and makes batch norm use its running statistics, in this module and all its "
        "parts. It does not turn gradients off: use `torch.no_grad()` for that, too. The mode stays until "
        "`train()` is called."
    ),
    ("inference-in-train-mode", "training-in-eval-mode", "inference-without-no-grad", "mode-method-not-called"),
)
_TRAIN = ApiNote(
    say(
        "Switches this module and all its parts to training mode: dropout drops, batch norm uses the batch "
        "and updates its running statistics. It also undoes an `eval()` of single layers, such as frozen "
        "batch norms. `train(False)` is `eval()`."
    ),
    ("training-in-eval-mode", "inference-in-train-mode"),
)
_NO_GRAD = ApiNote(
    say(
        "Records no graph inside, so activations are freed at once. It changes no mode: dropout and batch "
        "norm go on as in training without `eval()`. Called as a bare statement it does nothing: enter it "
        "with `with`, or decorate with it."
    ),
    ("inference-without-no-grad", "no-grad-not-entered", "backward-under-no-grad"),
)
_INFERENCE_MODE = ApiNote(
    say(
        "Like `torch.no_grad()`, and faster; its results can never take part in training: saving one for `backward()` "
        "raises `RuntimeError`. Use `no_grad` for values that training will see."
    ),
    ("inference-without-no-grad", "no-grad-not-entered"),
)
_AUTOCAST = ApiNote(
    say(
        "Chooses a lower precision for each operation inside. Wrap the forward pass and the loss; `backward()` and "
        "`step()` belong outside. Float16 also needs a `GradScaler`; bfloat16 does not."
    ),
    ("amp-order", "no-grad-not-entered"),
)
_ZERO_GRAD = ApiNote(
    say(
        "Clears the gradients, to which every `backward()` adds. Before the forward pass, before `backward()` "
        "and after `step()` are equally right; between `backward()` and `step()` it undoes the work. The "
        "optimizer clears what it holds, a module its own parameters. Since 2.0 the gradients become `None`."
    ),
    ("missing-zero-grad", "zero-grad-between-backward-and-step"),
)
_DEVICE_MOVE = ApiNote(
    say(
        "A tensor is copied and returned; the original stays where it was, so the result must be assigned. "
        "A module is moved in place and returned as well."
    ),
    ("transfer-result-discarded", "device-mismatch"),
)
_LOAD = ApiNote(
    say(
        "Puts each tensor on the device that it was saved from, unless `map_location` says otherwise. Since "
        "2.6 only tensors and plain containers are read (`weights_only=True`); before, or with "
        "`weights_only=False`, the file can run any code."
    ),
    ("load-without-map-location", "unsafe-load", "load-state-dict-misused"),
)
_SAVE = ApiNote(
    say(
        "Pickles what it is given. A module is stored by the name of its class, so the file breaks when the "
        "code moves, and needs `weights_only=False` to be read since 2.6. Save `state_dict()`, and the "
        "optimizer's to go on training."
    ),
    ("whole-model-saved", "checkpoint-without-optimizer", "wrapped-model-saved"),
)
_EMPTY_CACHE = ApiNote(
    say(
        "Gives unused cached blocks back to the driver. It frees no tensor that is still referenced, so it "
        "mends no leak, and the next allocation is slower. Drop references first (`del`, `detach()`), and "
        "keep it out of loops."
    ),
    ("empty-cache-in-loop", "graph-retained"),
)
_CROSS_ENTROPY = ApiNote(
    say(
        "Takes logits and applies log-softmax itself: after a softmax the loss cannot reach zero and "
        "confident mistakes barely learn. Targets are class indices (int64, shape `(N,)`) or probabilities "
        "(float, shape of the logits)."
    ),
    ("softmax-before-cross-entropy", "loss-class-called", "loss-arguments-swapped"),
)
_NLL = ApiNote(
    say("Takes log-probabilities: put `log_softmax` before it, or use `cross_entropy` on the logits."),
    ("logits-into-probability-loss", "softmax-before-cross-entropy"),
)
_BCE = ApiNote(
    say(
        "Takes probabilities between 0 and 1 and raises outside; logits that happen to be inside pass silently. "
        "`binary_cross_entropy_with_logits` takes logits and is numerically stable."
    ),
    ("logits-into-probability-loss", "loss-shape-broadcast"),
)
_BCE_LOGITS = ApiNote(
    say(
        "Takes logits and applies the sigmoid itself: after a sigmoid even a perfect prediction costs over 0.3. "
        "The decision boundary of logits is 0, not 0.5."
    ),
    ("sigmoid-before-bce-with-logits", "logits-thresholded-at-half"),
)
_MSE = ApiNote(
    say(
        "Broadcasts shapes that differ: `(N, 1)` against `(N,)` becomes `(N, N)`, with a warning and a wrong value. "
        "Make both shapes equal, for instance with `squeeze(-1)`."
    ),
    ("loss-shape-broadcast",),
)
_KL = ApiNote(
    say(
        'The first argument is log-probabilities, the second probabilities. `reduction="batchmean"` is the '
        "mathematical divergence; the default averages over all elements."
    ),
    ("logits-into-probability-loss",),
)
_SOFTMAX = ApiNote(
    say(
        "Without `dim` the axis is guessed from the number of dimensions: 0 for 0-, 1- and 3-D input, else 1. "
        "Do not put it before `cross_entropy`, which applies log-softmax itself; for `log(softmax(x))` use "
        "`log_softmax`."
    ),
    ("softmax-without-dim", "softmax-before-cross-entropy", "logsumexp-by-hand"),
)
_DROPOUT = ApiNote(
    say(
        "`training` defaults to True, so this goes on dropping after `eval()`. Pass `training=self.training`, "
        "or use the module `nn.Dropout`, which follows the mode."
    ),
    ("functional-dropout-ignores-mode",),
)
_BATCH_NORM = ApiNote(
    say(
        "In training it uses the batch and updates its running statistics, under `no_grad` as well; in "
        "evaluation it uses those statistics. One value per channel raises in training: use `drop_last=True` "
        "or a larger batch; `track_running_stats=False` does not help."
    ),
    ("batchnorm-batch-of-one", "inference-in-train-mode"),
)
_CLIP = ApiNote(
    say(
        "Belongs between `backward()` and `step()`; elsewhere it changes nothing. With a `GradScaler`, call "
        "`scaler.unscale_(optimizer)` first: scaled gradients are up to 65536 times too large."
    ),
    ("gradient-clip-misplaced",),
)
_CHECKPOINT = ApiNote(
    say(
        "Trades time for memory: the forward pass runs again during `backward()`. Pass `use_reentrant=False`; the "
        "reentrant form needs an input that requires a gradient."
    ),
    ("checkpoint-without-use-reentrant",),
)
_TENSOR = ApiNote(
    say(
        "Always copies, and cuts a tensor out of its graph. Python floats become float32, NumPy arrays keep float64. "
        "Use `from_numpy` to share memory, `stack` to join tensors."
    ),
    ("backward-on-detached",),
)
_LEGACY_TENSOR = ApiNote(
    say(
        "One integer is a size, not a value: `torch.Tensor(3)` holds three uninitialised numbers. "
        "Use `torch.tensor(data)` or `torch.empty(sizes)`."
    ),
    ("legacy-tensor-constructor",),
)
_FROM_NUMPY = ApiNote(
    say("Shares memory with the array: a change of one is seen in the other. `torch.tensor(array)` copies.")
)
_MANUAL_SEED = ApiNote(
    say(
        "Seeds torch on all devices, not `random` and not NumPy. Workers of a `DataLoader` derive the seeds "
        "of all three from torch's."
    ),
    ("half-seeded-run", "worker-rng-duplicated"),
)
_DATA_LOADER = ApiNote(
    say(
        "Workers are processes, each with a copy of the dataset: what `__getitem__` changes is lost, and an iterable "
        "dataset yields everything in each of them unless it is sharded."
    ),
    ("worker-state-lost", "iterable-dataset-duplicates", "missing-main-guard", "worker-rng-duplicated"),
)
_SAMPLER = ApiNote(
    say(
        "Without `set_epoch(epoch)` at the start of each epoch the order is the same in every epoch. "
        "It shuffles by default, so `shuffle=True` must not be passed to the loader as well."
    ),
    ("sampler-epoch-not-set", "conflicting-loader-options"),
)
_DDP = ApiNote(
    say(
        "Holds the very parameters of the module and averages their gradients in `backward()`. Move the module to its "
        "device before wrapping it; save `model.module.state_dict()`."
    ),
    ("ddp-module-moved", "wrapped-model-saved", "distributed-sampler-missing"),
)
_DATA_PARALLEL = ApiNote(
    say(
        "Keys of its `state_dict()` begin with `module.`; save `model.module.state_dict()`. "
        "PyTorch recommends DistributedDataParallel instead, even on one machine."
    ),
    ("wrapped-model-saved",),
)
_COMPILE = ApiNote(
    say(
        "Returns a wrapper with the same parameters; keys of its `state_dict()` begin with `_orig_mod.`. "
        "It follows `train()` and `eval()`. `model.compile()` works in place and adds no prefix."
    ),
    ("wrapped-model-saved",),
)
_MODULE_LIST = ApiNote(
    say(
        "Registers its modules, so that `parameters()`, `to()`, `state_dict()` and `train()` reach them. A plain list "
        "does not."
    ),
    ("unregistered-submodule",),
)
_SCALER = ApiNote(
    say(
        "The order is `scale(loss).backward()`, `unscale_(optimizer)` if gradients are clipped, `step(optimizer)`, "
        "`update()`. `optimizer.step()` in place of `scaler.step(optimizer)` uses scaled gradients."
    ),
    ("amp-order", "gradient-clip-misplaced"),
)
_AUTOGRAD_GRAD = ApiNote(
    say("Returns gradients and leaves `.grad` alone, so nothing has to be cleared afterwards."),
)
_VARIABLE = ApiNote(say("Does nothing since 0.4: tensors take its place."), ("legacy-tensor-constructor",))
_DETACH = ApiNote(
    say(
        "Cuts the value out of its graph; the result shares memory with the original, so a change in place is seen in "
        "both (`detach().clone()` copies). The original keeps its graph alive as long as it is referenced."
    ),
    ("graph-retained", "hidden-state-not-detached", "backward-on-detached"),
)
_ITEM = ApiNote(
    say(
        "Returns the one element as a Python number, without a graph; more than one element raises. On an accelerator "
        "it waits for all queued work: one call a step is fine, one for each element is not."
    ),
    ("graph-retained", "scalar-extraction", "sync-in-hot-loop", "backward-on-detached"),
)
_NUMPY = ApiNote(
    say(
        "Raises on a tensor that requires a gradient (`detach()` first) or is on an accelerator (`cpu()` "
        "first). On the CPU the array shares memory with the tensor."
    ),
    ("numpy-requires-grad", "numpy-from-cuda"),
)
_DATA = ApiNote(
    say(
        "Bypasses autograd: a change through it is not noticed, and gradients computed later may be wrong. "
        "Read with `detach()`, write under `torch.no_grad()`."
    ),
    ("tensor-data-access",),
)
_BACKWARD = ApiNote(
    say(
        "Adds gradients to `.grad` of the leaves and frees the graph. A second call raises unless "
        "`retain_graph=True` was passed; what grows from step to step is usually a state that was not "
        "detached."
    ),
    ("missing-zero-grad", "retain-graph-in-loop", "hidden-state-not-detached"),
)
_STATE_DICT = ApiNote(
    say(
        "Holds references, not copies: it goes on changing while training goes on. Keep `copy.deepcopy(…)` of "
        "it, or save it at once. Plain tensors and lists of modules on `self` are not in it."
    ),
    ("state-dict-not-copied", "unregistered-buffer"),
)
_LOAD_STATE_DICT = ApiNote(
    say(
        "Works in place and returns the report of keys, not the module. It takes a dictionary, not a path. With "
        "`strict=False` it may load nothing: look at `missing_keys` and `unexpected_keys`."
    ),
    ("load-state-dict-misused",),
)
_REQUIRES_GRAD_ = ApiNote(
    say(
        "Sets the flag in place, for all parameters of a module at once. A misspelt attribute such as "
        "`require_grad` only sets an attribute. Batch norm statistics are still updated in training mode."
    ),
    ("requires-grad-typo", "optimizer-over-frozen-parameters"),
)
_STEP = ApiNote(
    say(
        "An optimizer's `step()` uses the gradients that `backward()` left; parameters without one are skipped. "
        "A scheduler's `step()` comes after it."
    ),
    ("step-before-backward", "scheduler-before-optimizer", "missing-zero-grad"),
)
_FORWARD = ApiNote(
    say("Calling it directly skips the hooks of the module: call the module itself."), ("forward-called-directly",)
)
_REGISTER_BUFFER = ApiNote(
    say(
        "The tensor moves with `to()` and is saved in the `state_dict()`, but is no parameter; with "
        "`persistent=False` it is not saved. A plain attribute does neither."
    ),
    ("unregistered-buffer",),
)

FUNCTIONS = {
    "torch.no_grad": _NO_GRAD,
    "torch.inference_mode": _INFERENCE_MODE,
    "torch.autocast": _AUTOCAST,
    "torch.load": _LOAD,
    "torch.save": _SAVE,
    "torch.cuda.empty_cache": _EMPTY_CACHE,
    "torch.accelerator.empty_cache": _EMPTY_CACHE,
    "torch.nn.functional.cross_entropy": _CROSS_ENTROPY,
    "torch.nn.CrossEntropyLoss": _CROSS_ENTROPY,
    "torch.nn.functional.nll_loss": _NLL,
    "torch.nn.NLLLoss": _NLL,
    "torch.nn.functional.binary_cross_entropy": _BCE,
    "torch.nn.BCELoss": _BCE,
    "torch.nn.functional.binary_cross_entropy_with_logits": _BCE_LOGITS,
    "torch.nn.BCEWithLogitsLoss": _BCE_LOGITS,
    "torch.nn.functional.mse_loss": _MSE,
    "torch.nn.MSELoss": _MSE,
    "torch.nn.functional.l1_loss": _MSE,
    "torch.nn.L1Loss": _MSE,
    "torch.nn.functional.smooth_l1_loss": _MSE,
    "torch.nn.SmoothL1Loss": _MSE,
    "torch.nn.functional.kl_div": _KL,
    "torch.nn.KLDivLoss": _KL,
    "torch.nn.functional.softmax": _SOFTMAX,
    "torch.nn.Softmax": _SOFTMAX,
    "torch.nn.functional.log_softmax": _SOFTMAX,
    "torch.nn.LogSoftmax": _SOFTMAX,
    "torch.nn.functional.dropout": _DROPOUT,
    "torch.nn.functional.dropout1d": _DROPOUT,
    "torch.nn.functional.dropout2d": _DROPOUT,
    "torch.nn.functional.dropout3d": _DROPOUT,
    "torch.nn.BatchNorm1d": _BATCH_NORM,
    "torch.nn.BatchNorm2d": _BATCH_NORM,
    "torch.nn.BatchNorm3d": _BATCH_NORM,
    "torch.nn.utils.clip_grad_norm_": _CLIP,
    "torch.nn.utils.clip_grad_value_": _CLIP,
    "torch.utils.checkpoint.checkpoint": _CHECKPOINT,
    "torch.tensor": _TENSOR,
    "torch.Tensor": _LEGACY_TENSOR,
    "torch.FloatTensor": _LEGACY_TENSOR,
    "torch.from_numpy": _FROM_NUMPY,
    "torch.manual_seed": _MANUAL_SEED,
    "torch.utils.data.DataLoader": _DATA_LOADER,
    "torch.utils.data.DistributedSampler": _SAMPLER,
    "torch.nn.parallel.DistributedDataParallel": _DDP,
    "torch.nn.parallel.DataParallel": _DATA_PARALLEL,
    "torch.compile": _COMPILE,
    "torch.nn.ModuleList": _MODULE_LIST,
    "torch.nn.ModuleDict": _MODULE_LIST,
    "torch.amp.GradScaler": _SCALER,
    "torch.autograd.grad": _AUTOGRAD_GRAD,
    "torch.autograd.Variable": _VARIABLE,
}
"""Canonical name → note."""

METHODS = {
    "eval": MethodNote(kinds.MODULE, _EVAL),
    "train": MethodNote(kinds.MODULE, _TRAIN),
    "zero_grad": MethodNote(kinds.OPTIMIZER | kinds.MODULE, _ZERO_GRAD, unmistakable=True),
    "step": MethodNote(kinds.OPTIMIZER | kinds.SCHEDULER, _STEP),
    "to": MethodNote(kinds.TENSOR | kinds.MODULE, _DEVICE_MOVE),
    "cuda": MethodNote(kinds.TENSOR | kinds.MODULE, _DEVICE_MOVE, unmistakable=True),
    "cpu": MethodNote(kinds.TENSOR | kinds.MODULE, _DEVICE_MOVE, unmistakable=True),
    "detach": MethodNote(kinds.TENSOR, _DETACH, unmistakable=True),
    "item": MethodNote(kinds.TENSOR, _ITEM),
    "numpy": MethodNote(kinds.TENSOR, _NUMPY, unmistakable=True),
    "data": MethodNote(kinds.TENSOR, _DATA),
    "backward": MethodNote(kinds.TENSOR, _BACKWARD, unmistakable=True),
    "state_dict": MethodNote(kinds.MODULE | kinds.OPTIMIZER | kinds.SCHEDULER, _STATE_DICT, unmistakable=True),
    "load_state_dict": MethodNote(
        kinds.MODULE | kinds.OPTIMIZER | kinds.SCHEDULER, _LOAD_STATE_DICT, unmistakable=True
    ),
    "requires_grad_": MethodNote(kinds.TENSOR | kinds.MODULE, _REQUIRES_GRAD_, unmistakable=True),
    "forward": MethodNote(kinds.MODULE, _FORWARD),
    "register_buffer": MethodNote(kinds.MODULE, _REGISTER_BUFFER, unmistakable=True),
    "softmax": MethodNote(kinds.TENSOR, _SOFTMAX),
    "log_softmax": MethodNote(kinds.TENSOR, _SOFTMAX),
}
"""Name of a method or attribute → note."""

_NUM_WORKERS = ApiNote(
    say(
        "Processes that load batches; 0 loads in this one. Each has a copy of the dataset. Scripts need `if "
        '__name__ == "__main__":` where processes are spawned or fork-served: Windows, macOS, Linux from '
        "Python 3.14."
    ),
    ("missing-main-guard", "too-many-workers", "worker-state-lost", "iterable-dataset-duplicates"),
)
_PIN_MEMORY = ApiNote(
    say(
        "Puts batches into page-locked memory, from which copies to CUDA can overlap with work "
        "(`to(device, non_blocking=True)`). Without an accelerator it has no effect but a warning."
    ),
    ("missing-pin-memory", "non-blocking-without-pinned"),
)
_SHUFFLE = ApiNote(
    say(
        "Excludes `sampler` and `batch_sampler`, and an iterable dataset cannot be shuffled by the loader: both raise "
        "`ValueError`."
    ),
    ("conflicting-loader-options",),
)
_DROP_LAST = ApiNote(
    say(
        "Leaves out the last, incomplete batch. A batch of one makes batch norm raise in training; a dataset that is "
        "shorter than one batch then yields nothing at all."
    ),
    ("batchnorm-batch-of-one",),
)
_PERSISTENT = ApiNote(
    say(
        "Keeps the workers, and their copies of the dataset, from epoch to epoch: changes that the main "
        "process makes are not seen. It needs `num_workers` above 0."
    ),
    ("conflicting-loader-options", "worker-state-lost"),
)
_WORKER_INIT = ApiNote(
    say(
        "Runs in each worker. Torch, `random` and NumPy are seeded there already, differently for each worker "
        "and epoch; a constant seed makes all workers draw the same numbers."
    ),
    ("worker-rng-duplicated",),
)
_MAP_LOCATION = ApiNote(
    say(
        "Where the loaded tensors go. Without it, a file saved on a GPU raises `RuntimeError` on a machine without one."
    ),
    ("load-without-map-location",),
)
_WEIGHTS_ONLY = ApiNote(
    say(
        "True, the default since 2.6, reads tensors and plain containers and refuses other objects. False "
        "runs whatever code the file names: only for files from a trusted source."
    ),
    ("unsafe-load", "whole-model-saved"),
)
_SET_TO_NONE = ApiNote(
    say(
        "True, the default since 2.0, makes gradients `None` instead of zero. `None` is skipped by `step()`; "
        "a gradient of zero still moves weights through momentum and weight decay."
    ),
    ("missing-zero-grad",),
)
_RETAIN_GRAPH = ApiNote(
    say(
        "Keeps the buffers for a second `backward()` through the same graph. In a loop it usually hides a "
        "state that was not detached, and memory grows."
    ),
    ("retain-graph-in-loop", "hidden-state-not-detached"),
)
_CREATE_GRAPH = ApiNote(
    say(
        "Records the backward pass itself, for second derivatives. With `backward()` parameters and gradients "
        "then hold each other; `torch.autograd.grad` does not leak."
    ),
    ("retain-graph-in-loop",),
)
_NON_BLOCKING = ApiNote(
    say(
        "Overlaps only with copies from pinned memory. A copy to the host may not have arrived when it is read: "
        "synchronize first."
    ),
    ("non-blocking-without-pinned",),
)
_STRICT = ApiNote(
    say(
        "False ignores keys that do not fit, and may load nothing without a sign; shapes are checked all the same. "
        "Look at the returned `missing_keys` and `unexpected_keys`."
    ),
    ("load-state-dict-misused",),
)
_BATCH_FIRST = ApiNote(
    say(
        "False by default: the first axis is the sequence, the second the batch. A batch-first input is then read as "
        "sequences across samples, silently."
    ),
)

ARGUMENTS = {
    ("torch.utils.data.DataLoader", "num_workers"): _NUM_WORKERS,
    ("torch.utils.data.DataLoader", "pin_memory"): _PIN_MEMORY,
    ("torch.utils.data.DataLoader", "shuffle"): _SHUFFLE,
    ("torch.utils.data.DataLoader", "drop_last"): _DROP_LAST,
    ("torch.utils.data.DataLoader", "persistent_workers"): _PERSISTENT,
    ("torch.utils.data.DataLoader", "worker_init_fn"): _WORKER_INIT,
    ("torch.load", "map_location"): _MAP_LOCATION,
    ("torch.load", "weights_only"): _WEIGHTS_ONLY,
    ("torch.nn.LSTM", "batch_first"): _BATCH_FIRST,
    ("torch.nn.GRU", "batch_first"): _BATCH_FIRST,
    ("torch.nn.RNN", "batch_first"): _BATCH_FIRST,
    ("torch.nn.MultiheadAttention", "batch_first"): _BATCH_FIRST,
    ("torch.nn.TransformerEncoderLayer", "batch_first"): _BATCH_FIRST,
}
"""(canonical name of what is called, argument) → note."""

METHOD_ARGUMENTS = {
    ("zero_grad", "set_to_none"): _SET_TO_NONE,
    ("backward", "retain_graph"): _RETAIN_GRAPH,
    ("backward", "create_graph"): _CREATE_GRAPH,
    ("to", "non_blocking"): _NON_BLOCKING,
    ("cuda", "non_blocking"): _NON_BLOCKING,
    ("load_state_dict", "strict"): _STRICT,
}
"""(method, argument) → note."""
