# SPDX-License-Identifier: Apache-2.0
"""Runs FlashInfer-Trace references in PyTorch for fitest: python3 -c <this text> SOCKET

SOCKET is the number of an inherited Unix stream socket; framework/run/torch_engine.h describes what
goes over it. Needs Python 3.7 and PyTorch 1.13, nothing else.
"""
import array
import ctypes
import faulthandler
import inspect
import json
import linecache
import mmap
import os
import signal
import socket
import struct
import sys
import time
import traceback

CMSG_BYTES = socket.CMSG_SPACE(4 * 4)
ALIGNMENT = 64
L2_CACHE_SIZE = 38  # CUdevice_attribute
torch = None


class Refusal(Exception):
    """What PyTorch here cannot do; `kind` tells fitest whether another engine may."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def receive_exactly(connection, size):
    data, descriptors = b"", []
    while len(data) < size:
        part, control, _, _ = connection.recvmsg(size - len(data), CMSG_BYTES)
        for level, kind, content in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                descriptors.extend(numbers)
        if not part:
            return None, descriptors
        data += part
    return data, descriptors


def receive(connection):
    header, descriptors = receive_exactly(connection, 8)
    if header is None:
        return None, []
    text, more = receive_exactly(connection, struct.unpack("<Q", header)[0])
    return (None if text is None else json.loads(text)), descriptors + more


def send(connection, reply):
    text = json.dumps(reply).encode()
    connection.sendall(struct.pack("<Q", len(text)) + text)


def dtype_of(name):
    dtype = getattr(torch, "float4_e2m1fn_x2" if name == "float4_e2m1" else name, None)
    if dtype is None:
        raise Refusal("unsupported", "PyTorch %s has no dtype %s" % (torch.__version__, name))
    return dtype


def shared_tensor(memory, dtype, shape, offset, size):
    """The bytes of shared memory as a tensor on the CPU, without a copy."""
    if size == 0:
        return torch.empty(shape, dtype=dtype)
    flat = torch.frombuffer(memory, dtype=torch.uint8, count=size, offset=offset)
    return flat.view(dtype).reshape(shape)


def load_argument(entry, memory, device):
    if "value" in entry:
        value = entry["value"]
        return float(value) if isinstance(value, str) else value
    shape = list(entry["shape"])
    if entry["dtype"] == "float4_e2m1" and shape:
        shape[-1] //= 2
    tensor = shared_tensor(memory, dtype_of(entry["dtype"]), shape, entry["offset"], entry["bytes"])
    return tensor if device == "cpu" else tensor.to(device)


def load_arguments(entries, descriptor, device):
    memory = mmap.mmap(descriptor, 0)
    return [load_argument(entry, memory, device) for entry in entries]


def output_tensor(value, number):
    if isinstance(value, torch.Tensor):
        return value.detach().contiguous()
    if isinstance(value, (bool, int, float)):
        return torch.as_tensor(value)
    raise TypeError("output %d of the reference is a %s, expected a tensor or a number"
                    % (number, type(value).__name__))


def store_outputs(result, descriptor):
    values = list(result) if isinstance(result, (tuple, list)) else [result]
    tensors = [output_tensor(value, number) for number, value in enumerate(values)]
    entries, total = [], 0
    for tensor in tensors:
        name, shape = str(tensor.dtype).replace("torch.", "", 1), list(tensor.shape)
        size = tensor.numel() * tensor.element_size()
        if name == "float4_e2m1fn_x2":
            name, shape = "float4_e2m1", shape[:-1] + [shape[-1] * 2]
        entries.append({"dtype": name, "shape": shape, "offset": total, "bytes": size})
        total += (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    os.ftruncate(descriptor, max(total, ALIGNMENT))
    memory = mmap.mmap(descriptor, max(total, ALIGNMENT))
    for tensor, entry in zip(tensors, entries):
        if entry["bytes"]:
            raw = torch.frombuffer(memory, dtype=torch.uint8, count=entry["bytes"], offset=entry["offset"])
            raw.copy_(tensor.reshape(-1).view(torch.uint8))
    return entries


class Reference:
    """`run` of a reference's text, and how it wants its arguments."""

    def __init__(self, request):
        self.names, text = request["names"], request["reference"]
        linecache.cache[request["file"]] = (len(text), None, text.splitlines(True), request["file"])
        scope = {"__name__": "reference"}
        exec(compile(text, request["file"], "exec"), scope)
        if "run" not in scope:
            raise NameError("the reference defines no top-level function 'run'")
        self.function = scope["run"]
        try:
            parameters = inspect.signature(self.function).parameters
            self.by_name = all(name in parameters for name in self.names)
        except (TypeError, ValueError):
            self.by_name = False

    def __call__(self, arguments):
        with torch.no_grad():
            if self.by_name:
                return self.function(**dict(zip(self.names, arguments)))
            return self.function(*arguments)


def synchronize(device):
    if device != "cpu":
        torch.cuda.synchronize()


class Driver:
    """The few calls of the CUDA driver that PyTorch does not offer."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")

    def l2_bytes(self):
        value = ctypes.c_int(0)
        self.library.cuDeviceGetAttribute(ctypes.byref(value), L2_CACHE_SIZE, 0)
        return value.value

    def reset_persisting_l2(self):
        self.library.cuCtxResetPersistingL2Cache()


class Timing:
    """A reference and sets of inputs on the GPU; each call takes one set, from a cold L2 cache."""

    def __init__(self, reference, sets):
        self.reference, self.sets = reference, sets
        self.arguments = [a.clone() if isinstance(a, torch.Tensor) else a for a in sets[0]]
        self.driver = Driver()
        self.flushed = torch.empty(max(2 * self.driver.l2_bytes(), 4), dtype=torch.uint8, device="cuda")
        self.begin = torch.cuda.Event(enable_timing=True)
        self.end = torch.cuda.Event(enable_timing=True)

    def call(self, number):
        for target, source in zip(self.arguments, self.sets[number]):
            if isinstance(target, torch.Tensor):
                target.copy_(source)
        torch.cuda.synchronize()
        self.driver.reset_persisting_l2()
        self.flushed.zero_()
        self.begin.record()
        result = self.reference(self.arguments)
        self.end.record()
        self.end.synchronize()
        del result
        return self.begin.elapsed_time(self.end)


class Server:
    def __init__(self):
        self.timing = None

    def hello(self, request, descriptors):
        cuda = torch.cuda.is_available() if request["gpu"] else False
        return {"torch": torch.__version__, "gpu": torch.cuda.get_device_name(0) if cuda else ""}

    def run(self, request, descriptors):
        reference = Reference(request)
        arguments = load_arguments(request["arguments"], descriptors[0], request["device"])
        torch.manual_seed(0)
        synchronize(request["device"])
        begin = time.perf_counter()
        result = reference(arguments)
        synchronize(request["device"])
        milliseconds = (time.perf_counter() - begin) * 1e3
        return {"outputs": store_outputs(result, descriptors[1]), "milliseconds": milliseconds}

    def prepare(self, request, descriptors):
        self.timing = None
        memory = mmap.mmap(descriptors[0], 0)
        sets = [[load_argument(entry, memory, "cuda") for entry in entries] for entries in request["sets"]]
        self.timing = Timing(Reference(request), sets)
        return {}

    def time(self, request, descriptors):
        return {"milliseconds": self.timing.call(request["set"])}

    def release(self, request, descriptors):
        self.timing = None
        return {}


def kind_of(error):
    if isinstance(error, Refusal):
        return error.kind
    if isinstance(error, NotImplementedError) or "not implemented for" in str(error):
        return "unsupported"
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "environment"
    return "input"


def describe(error, file):
    """What went wrong, and where in the reference: innermost call last."""
    frames = [
        {"line": frame.lineno, "function": frame.name}
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    ]
    if isinstance(error, SyntaxError) and error.filename == file:
        frames = [{"line": error.lineno or 1, "function": "<module>"}]
        message = error.msg
    else:
        message = str(error)
    name = "" if isinstance(error, Refusal) else type(error).__name__ + (": " if message else "")
    text = (name + message).encode("utf-8", "replace").decode()
    return {"error": text, "kind": kind_of(error), "frames": frames}


def is_lost(request):
    """After some errors of a kernel no call of CUDA works in this process."""
    if not torch.cuda.is_initialized():
        return False
    try:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        return False
    except RuntimeError:
        return True


def answer(server, request, descriptors):
    try:
        return getattr(server, request["op"])(request, descriptors)
    except BaseException as error:  # a reference may raise anything, SystemExit too
        reply = describe(error, request.get("file", ""))
        error.__traceback__ = None
    if is_lost(request):
        reply["lost"] = True
    return reply


def main():
    global torch
    connection = socket.socket(fileno=int(sys.argv[1]))
    sys.stdout = open(os.devnull, "w")
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    try:
        import torch as module
        torch = module
    except BaseException as error:
        reply = {"error": "%s: %s" % (type(error).__name__, error), "kind": "environment", "frames": []}
        receive(connection)
        send(connection, reply)
        return
    server = Server()
    while True:
        request, descriptors = receive(connection)
        if request is None:
            return
        try:
            reply = answer(server, request, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        send(connection, reply)


main()
