// SPDX-License-Identifier: Apache-2.0
// The torch reference engine: references run by PyTorch itself, in a child python3.
//
// The child (torch_server.py) answers one request after the other, each a message of
// base/message_socket.h whose text is JSON; tensors never go over the socket:
//
//   {op: hello, gpu}          → {torch, gpu}: PyTorch's version; the GPU's name if it can use it
//   {op: run, file, reference, names, device, arguments} + [inputs, outputs]
//                             → {milliseconds, outputs: [{dtype, shape, offset, bytes}]}
//   {op: prepare, file, reference, names, sets} + [inputs]
//                             → {}: sets of arguments are on the GPU, to time with
//   {op: time, set}           → {milliseconds} of one call, by CUDA events, from a cold L2 cache
//   {op: release}             → {}: what prepare() took is free again
//   any of them               → {error, kind, frames: [{line, function}], lost}
//
// [inputs, outputs] are descriptors of shared memory. An argument is {value} for a Python number,
// else {dtype, shape, offset, bytes} in `inputs`, where PyTorch uses it as it lies; the child sizes
// `outputs` and writes its results there. `kind` is an ErrorKind in lower case; `lost` says that
// the child can do no more. SIGUSR1 makes it write its Python stack to its log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "run/torch_source.h"
#include "schema/definition.h"
#include "tensor/argument.h"

namespace fitest {

// Where references run.
struct TorchPlace {
  std::string gpu_uuid;  // empty: on the CPU
};

struct TorchRun {
  std::vector<Tensor> outputs;
  double milliseconds = 0;  // of run() alone, inside the child, by the host's clock
};

// The child in hand, for one request or several; given back at the end, or discarded when it broke.
//
// Errors of run() and prepare(): Input, at the reference's line and with a traceback, when the
// reference fails; Unsupported for what this PyTorch lacks; Environment when the child crashes or
// does not answer in time, with the line that it was at where it could tell.
class TorchEngine {
 public:
  // Error (Environment) without PyTorch, or when it cannot be imported.
  TorchEngine(TorchSource& source, const TorchPlace& place, double time_limit_seconds);
  TorchEngine(const TorchEngine&) = delete;
  TorchEngine& operator=(const TorchEngine&) = delete;
  ~TorchEngine();

  const std::string& version() const { return version_; }  // of PyTorch
  // The GPU that it uses; empty: the CPU, also when a GPU was asked for that PyTorch cannot use.
  const std::string& gpu() const { return gpu_; }

  TorchRun run(const Definition& definition, const std::vector<NamedTensor>& inputs);
  // On the GPU only. Sets are in the order of Definition.inputs.
  void prepare(const Definition& definition,
               const std::vector<const std::vector<NamedTensor>*>& sets);
  // One call with a prepared set; milliseconds between CUDA events.
  double time(std::size_t set);
  // What prepare() took on the GPU is free again.
  void release();

 private:
  Value ask(const Value& request, const std::vector<int>& descriptors);
  [[noreturn]] void fail_broken(const std::string& what);
  [[noreturn]] void fail_late();
  [[noreturn]] void fail_with(const Value& reply);
  std::string log_text() const;
  // Of the reference, 0 when it does not tell.
  std::int64_t line_at_work() const;

  TorchSource& source_;
  double time_limit_seconds_;
  TorchConnection connection_;
  bool in_hand_ = false;
  std::size_t log_begin_ = 0;
  const Definition* definition_ = nullptr;  // whose reference is being run
  std::string version_;
  std::string gpu_;
};

}  // namespace fitest
