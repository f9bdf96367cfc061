"""What rules may look at: a closed set. A new subject is a change of the engine."""

from __future__ import annotations

from torch_pitfalls.subjects.accumulations import ACCUMULATIONS, Accumulation
from torch_pitfalls.subjects.backwards import CUT_BACKWARDS, CutBackward
from torch_pitfalls.subjects.carried_graphs import CARRIED_GRAPHS, CarriedGraph
from torch_pitfalls.subjects.checkpoints import LOADS, SAVES, STATE_LOADS, Load, Save, StateLoad
from torch_pitfalls.subjects.comparisons import DEVICE_COMPARISONS, DeviceComparison
from torch_pitfalls.subjects.contexts import CONTEXTS, Context
from torch_pitfalls.subjects.conversions import MOVED_CONVERSIONS, TRACKED_CONVERSIONS, HandedConversion
from torch_pitfalls.subjects.direct_forwards import DIRECT_FORWARDS, DirectForward
from torch_pitfalls.subjects.discards import DISCARDS, TRANSFERS, Discard
from torch_pitfalls.subjects.distributed import ASYNC_WORKS, WRAPPED_MOVES, AsyncWork, WrappedMove
from torch_pitfalls.subjects.edits import indented, indented_to_end, insert_line, without_argument
from torch_pitfalls.subjects.element_reads import ELEMENT_READS, ElementRead
from torch_pitfalls.subjects.emptied_caches import EMPTIED_CACHES, EmptiedCache
from torch_pitfalls.subjects.epochs import EPOCHS, Epochs
from torch_pitfalls.subjects.groups import GROUPED_BACKWARDS, GroupedBackward
from torch_pitfalls.subjects.happenings import any_of, calls_to, either, events, faults, methods
from torch_pitfalls.subjects.hard_coded import HARD_CODED, HardCoded
from torch_pitfalls.subjects.host_copies import HOST_COPIES, HostCopy
from torch_pitfalls.subjects.in_modules import InModule, in_modules
from torch_pitfalls.subjects.in_place import DATA_ACCESSES, LEAF_CHANGES, SPOILS, DataAccess, LeafChange, Spoil
from torch_pitfalls.subjects.kept_states import KEPT_STATES, KeptState
from torch_pitfalls.subjects.learning import LEARNINGS, Learning
from torch_pitfalls.subjects.legacy_calls import LEGACY_CALLS, LegacyCall
from torch_pitfalls.subjects.loader_uses import BATCH_COPIES, USED_LOADERS, BatchCopy, UsedLoader
from torch_pitfalls.subjects.loaders import LOADERS, Loader
from torch_pitfalls.subjects.logarithms import LOGARITHMS, LOST_DIGITS, Logarithm, LostDigits
from torch_pitfalls.subjects.loop_transfers import LOOP_TRANSFERS, LoopTransfer
from torch_pitfalls.subjects.loops import FORWARDS_IN_LOOPS, LoopUse
from torch_pitfalls.subjects.losses import LOSS_CALLS, LOSSES, Loss
from torch_pitfalls.subjects.meetings import MEETINGS, Meeting
from torch_pitfalls.subjects.mentions import MENTIONS, Mention
from torch_pitfalls.subjects.module_methods import Method, module_methods
from torch_pitfalls.subjects.replacements import replaced
from torch_pitfalls.subjects.retained import KEPT_GRAPHS, KeptGraph
from torch_pitfalls.subjects.saves import TRAINING_SAVES, TrainingSave
from torch_pitfalls.subjects.scalars import EXTRACTIONS, Extraction
from torch_pitfalls.subjects.seeding import SEEDINGS, Seeding
from torch_pitfalls.subjects.single_batches import SINGLE_BATCHES, SingleBatch
from torch_pitfalls.subjects.stepping import AUTOCAST_BACKWARDS, CLIPS, SCHEDULES, Clip, Schedule
from torch_pitfalls.subjects.stores import MODULE_STORES, SETTINGS, Setting, Store
from torch_pitfalls.subjects.streams import UNDIVIDED_STREAMS, Stream
from torch_pitfalls.subjects.thresholds import THRESHOLDS, Threshold
from torch_pitfalls.subjects.timings import TIMINGS, Timing
from torch_pitfalls.subjects.untrained import UNTRAINED, Untrained
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.subjects.worker_devices import WORKER_DEVICES, WorkerDevice
from torch_pitfalls.subjects.worker_random import REPEATED_DRAWS, Repeated, Repeats
from torch_pitfalls.subjects.worker_state import WORKER_CHANGES, WorkerChange
from torch_pitfalls.subjects.workers import WORKER_CODE, WorkerCode
from torch_pitfalls.subjects.wrapped_saves import WRAPPED_SAVES, WrappedSave

__all__ = [
    "ACCUMULATIONS",
    "ASYNC_WORKS",
    "AUTOCAST_BACKWARDS",
    "BATCH_COPIES",
    "CARRIED_GRAPHS",
    "CLIPS",
    "CONTEXTS",
    "CUT_BACKWARDS",
    "DATA_ACCESSES",
    "DEVICE_COMPARISONS",
    "DIRECT_FORWARDS",
    "DISCARDS",
    "ELEMENT_READS",
    "EMPTIED_CACHES",
    "EPOCHS",
    "EXTRACTIONS",
    "FORWARDS_IN_LOOPS",
    "GROUPED_BACKWARDS",
    "HARD_CODED",
    "HOST_COPIES",
    "KEPT_GRAPHS",
    "KEPT_STATES",
    "LEAF_CHANGES",
    "LEARNINGS",
    "LEGACY_CALLS",
    "LOADERS",
    "LOADS",
    "LOGARITHMS",
    "LOOP_TRANSFERS",
    "LOSSES",
    "LOSS_CALLS",
    "LOST_DIGITS",
    "MEETINGS",
    "MENTIONS",
    "MODULE_STORES",
    "MOVED_CONVERSIONS",
    "REPEATED_DRAWS",
    "SAVES",
    "SCHEDULES",
    "SEEDINGS",
    "SETTINGS",
    "SINGLE_BATCHES",
    "SPOILS",
    "STATE_LOADS",
    "THRESHOLDS",
    "TIMINGS",
    "TRACKED_CONVERSIONS",
    "TRAINING_SAVES",
    "TRANSFERS",
    "UNDIVIDED_STREAMS",
    "UNTRAINED",
    "USED_LOADERS",
    "WORKER_CHANGES",
    "WORKER_CODE",
    "WORKER_DEVICES",
    "WRAPPED_MOVES",
    "WRAPPED_SAVES",
    "Accumulation",
    "AsyncWork",
    "BatchCopy",
    "CarriedGraph",
    "Clip",
    "Context",
    "CutBackward",
    "DataAccess",
    "DeviceComparison",
    "DirectForward",
    "Discard",
    "ElementRead",
    "EmptiedCache",
    "Epochs",
    "Extraction",
    "GroupedBackward",
    "HandedConversion",
    "HardCoded",
    "HostCopy",
    "InModule",
    "KeptGraph",
    "KeptState",
    "LeafChange",
    "Learning",
    "LegacyCall",
    "Load",
    "Loader",
    "Logarithm",
    "LoopTransfer",
    "LoopUse",
    "Loss",
    "LostDigits",
    "Meeting",
    "Mention",
    "Method",
    "Repeated",
    "Repeats",
    "Save",
    "Schedule",
    "Seeding",
    "Setting",
    "SingleBatch",
    "Spoil",
    "StateLoad",
    "Store",
    "Stream",
    "Threshold",
    "Timing",
    "TrainingSave",
    "Untrained",
    "Use",
    "UsedLoader",
    "WorkerChange",
    "WorkerCode",
    "WorkerDevice",
    "WrappedMove",
    "WrappedSave",
    "any_of",
    "calls_to",
    "either",
    "events",
    "faults",
    "in_modules",
    "indented",
    "indented_to_end",
    "insert_line",
    "methods",
    "module_methods",
    "replaced",
    "without_argument",
]
