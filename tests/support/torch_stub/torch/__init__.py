# SPDX-License-Identifier: Apache-2.0
"""As much of PyTorch as fitest's torch engine needs, so that its tests need no PyTorch.

FITEST_STUB_GPU=<name> gives it a GPU: tensors stay where they are, and an event's time is what the
reference put into torch.cuda.next_ms.
"""
import ctypes
import math
import os
import struct

__version__ = "2.0.0"


class dtype:
    def __init__(self, name, size, code):
        self.name, self.size, self.code = name, size, code

    def __repr__(self):
        return "torch." + self.name


uint8 = dtype("uint8", 1, "B")
bool = dtype("bool", 1, "?")
int32 = dtype("int32", 4, "i")
int64 = dtype("int64", 8, "q")
float32 = dtype("float32", 4, "f")
float64 = dtype("float64", 8, "d")
complex64 = dtype("complex64", 8, "ff")


class Tensor:
    def __init__(self, raw, dtype, shape):
        self.raw, self.dtype, self.shape = raw, dtype, tuple(shape)

    def numel(self):
        return math.prod(self.shape)

    def element_size(self):
        return self.dtype.size

    def view(self, dtype):
        return Tensor(self.raw, dtype, [len(self.raw) // dtype.size])

    def reshape(self, *shape):
        shape = list(shape[0]) if isinstance(shape[0], (list, tuple)) else list(shape)
        if -1 in shape:
            shape[shape.index(-1)] = self.numel() // max(1, math.prod(e for e in shape if e != -1))
        if math.prod(shape) != self.numel():
            raise RuntimeError("shape %s is invalid for input of size %d" % (shape, self.numel()))
        return Tensor(self.raw, self.dtype, shape)

    def unsqueeze(self, dim):
        return Tensor(self.raw, self.dtype, self.shape[:dim] + (1,) + self.shape[dim:])

    def detach(self):
        return self

    contiguous = detach

    def to(self, device):
        return self

    def clone(self):
        return Tensor(memoryview(bytearray(self.raw)), self.dtype, self.shape)

    def copy_(self, other):
        self.raw[:] = other.raw
        return self

    def tolist(self):
        return list(struct.unpack("<%d%s" % (self.numel(), self.dtype.code), self.raw))

    def combine(self, other, operation):
        mine = self.tolist()
        theirs = other.tolist() if isinstance(other, Tensor) else [other] * len(mine)
        if len(mine) != len(theirs):
            raise RuntimeError("The size of tensor a (%d) must match b (%d)" % (len(mine), len(theirs)))
        return tensor([operation(a, b) for a, b in zip(mine, theirs)], self.dtype, self.shape)

    def __mul__(self, other):
        return self.combine(other, lambda a, b: a * b)

    def __sub__(self, other):
        return self.combine(other, lambda a, b: a - b)


def tensor(values, dtype, shape):
    raw = bytearray(struct.pack("<%d%s" % (len(values), dtype.code), *values))
    return Tensor(memoryview(raw), dtype, shape)


def empty(shape, dtype=float32, device="cpu"):
    shape = [shape] if isinstance(shape, int) else shape
    return Tensor(memoryview(bytearray(math.prod(shape) * dtype.size)), dtype, shape)


def as_tensor(number):
    return tensor([number], int64 if isinstance(number, int) else float32, [])


def frombuffer(memory, dtype, count, offset):
    raw = memoryview(memory).cast("B")[offset : offset + count * dtype.size]
    return Tensor(raw, dtype, [count])


def manual_seed(seed):
    pass


def only_in_the_stub(x):
    return x


class no_grad:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


class cuda:
    next_ms = 0.0

    class OutOfMemoryError(RuntimeError):
        pass

    class Event:
        def __init__(self, enable_timing):
            assert enable_timing

        def record(self):
            pass

        def synchronize(self):
            pass

        def elapsed_time(self, end):
            return cuda.next_ms

    @staticmethod
    def is_available():
        return "FITEST_STUB_GPU" in os.environ and os.environ["CUDA_VISIBLE_DEVICES"] != ""

    is_initialized = is_available

    @staticmethod
    def get_device_name(index):
        return os.environ["FITEST_STUB_GPU"]

    @staticmethod
    def synchronize():
        if os.environ.get("FITEST_STUB_LOST"):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")

    @staticmethod
    def empty_cache():
        pass


def zero_(self):
    self.raw[:] = bytes(len(self.raw))


Tensor.zero_ = zero_


class FakeDriver:
    """What the engine asks of libcuda.so.1, which may not be there."""

    def cuDeviceGetAttribute(self, value, attribute, device):
        value._obj.value = 64
        return 0

    def cuCtxResetPersistingL2Cache(self):
        return 0


if "FITEST_STUB_GPU" in os.environ:
    ctypes.CDLL = lambda name: FakeDriver()
