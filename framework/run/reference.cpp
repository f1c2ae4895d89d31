// SPDX-License-Identifier: Apache-2.0
#include "run/reference.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "cuda/gpu_lock.h"
#include "pytorch/engine.h"
#include "run/golden_cache.h"
#include "run/torch_engine.h"

namespace fitest {
namespace {

// Outputs named after the definition; a reference that returns another number of them is wrong.
std::vector<NamedTensor> name_outputs(const Definition& definition, std::vector<Tensor> tensors) {
  if (tensors.size() != definition.outputs.size()) {
    fail(ErrorKind::Input,
         fmt::format("the reference of {} returned {} output{}, the definition declares {}",
                     definition.name, tensors.size(), tensors.size() == 1 ? "" : "s",
                     definition.outputs.size()));
  }
  std::vector<NamedTensor> outputs;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    outputs.push_back({definition.outputs[i].name, std::move(tensors[i]), false, 0});
  }
  return outputs;
}

// What one engine is called with, and where its goldens are kept.
class ReferenceCall {
 public:
  ReferenceCall(const InputRequest& request, const std::vector<NamedTensor>& inputs,
                const ReferenceOptions& options)
      : request_(request), inputs_(inputs), options_(options) {}

  ReferenceResult builtin() const {
    return cached_or_run(pytorch::engine_version(), &ReferenceCall::run_builtin);
  }

  // Throws for a missing PyTorch before it looks for goldens, which are kept by its version.
  ReferenceResult torch() const {
    const TorchStatus& status = source().status();
    if (!status.available) source().take("");
    std::string engine = "torch-" + status.version;
    if (on_gpu()) engine += " on " + options_.gpu.name;
    return cached_or_run(engine, &ReferenceCall::run_torch);
  }

  ReferenceResult torch_else_builtin() const {
    std::string problem = source().status().problem;
    if (source().status().available) {
      try {
        ReferenceResult result = torch();
        if (!result.hardware.empty()) return result;
        problem = "PyTorch cannot use the GPU";
      } catch (const Error& error) {
        if (!other_engine_may(error)) throw;
        problem = error.what();
      }
    }
    ReferenceResult result = builtin();
    note(result, "reference engine builtin instead of torch: " + problem);
    return result;
  }

  ReferenceResult builtin_else_torch() const {
    try {
      return builtin();
    } catch (const Error& error) {
      // What builtin lacks, torch may have; without it, the error names what is lacking.
      if (error.kind() != ErrorKind::Unsupported || !source().status().available) throw;
      ReferenceResult result = torch();
      note(result, fmt::format("reference engine torch instead of builtin: {}", error.what()));
      return result;
    }
  }

  bool on_gpu() const { return !options_.gpu.uuid.empty(); }

 private:
  using Runner = ReferenceResult (ReferenceCall::*)() const;

  static bool other_engine_may(const Error& error) {
    return error.kind() == ErrorKind::Unsupported || error.kind() == ErrorKind::Environment;
  }

  static void note(ReferenceResult& result, const std::string& text) {
    result.note = result.note.empty() ? text : text + "\n" + result.note;
  }

  TorchSource& source() const {
    if (options_.torch != nullptr) return *options_.torch;
    if (!own_) own_.emplace();
    return *own_;
  }

  ReferenceResult cached_or_run(const std::string& engine, Runner runner) const {
    if (!options_.use_cache) return (this->*runner)();
    const std::string key = golden_key(request_, engine);
    if (auto cached = load_golden(key, request_.definition)) return *cached;
    ReferenceResult result = (this->*runner)();
    try {
      store_golden(key, result);
    } catch (const Error& error) {
      result.note = error.what();  // a cache that cannot be written costs time, not the result
    }
    return result;
  }

  ReferenceResult run_builtin() const {
    pytorch::Limits limits;
    limits.seconds = options_.time_limit_seconds;
    limits.memory_bytes = options_.memory_limit_bytes;
    const auto begin = std::chrono::steady_clock::now();
    const SourcePtr& source = request_.definition.reference_source;
    std::vector<Tensor> tensors =
        options_.profile == nullptr
            ? pytorch::run_reference(source, inputs_, limits)
            : pytorch::run_reference(source, inputs_, limits, *options_.profile);
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - begin;
    ReferenceResult result;
    result.outputs = name_outputs(request_.definition, std::move(tensors));
    result.engine = pytorch::engine_version();
    result.milliseconds = elapsed.count();
    return result;
  }

  ReferenceResult run_torch() const {
    std::optional<cuda::GpuLock> shared;
    if (on_gpu()) {
      shared.emplace(cuda::GpuLock::Place{cuda::lock_folder(), options_.gpu.uuid},
                     cuda::GpuLock::Mode::Shared, cuda::Deadline::max());
    }
    TorchEngine engine(source(), {options_.gpu.uuid}, options_.time_limit_seconds);
    TorchRun run = engine.run(request_.definition, inputs_);
    ReferenceResult result;
    result.outputs = name_outputs(request_.definition, std::move(run.outputs));
    result.engine = "torch-" + engine.version();
    result.hardware = engine.gpu();
    result.milliseconds = run.milliseconds;
    return result;
  }

  const InputRequest& request_;
  const std::vector<NamedTensor>& inputs_;
  const ReferenceOptions& options_;
  mutable std::optional<TorchHost> own_;
};

}  // namespace

ReferenceResult compute_reference(const InputRequest& request,
                                  const std::vector<NamedTensor>& inputs,
                                  const ReferenceOptions& options) {
  const ReferenceCall call(request, inputs, options);
  switch (options.engine) {
    case ReferenceChoice::Builtin:
      return call.builtin();
    case ReferenceChoice::Torch:
      return call.torch();
    default:
      return call.on_gpu() ? call.torch_else_builtin() : call.builtin_else_torch();
  }
}

}  // namespace fitest
