// SPDX-License-Identifier: Apache-2.0
#include "run/reference.h"

#include <fmt/format.h>

#include <chrono>

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

ReferenceResult run_builtin(const Definition& definition, const std::vector<NamedTensor>& inputs,
                            const ReferenceOptions& options) {
  pytorch::Limits limits;
  limits.seconds = options.time_limit_seconds;
  limits.memory_bytes = options.memory_limit_bytes;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Tensor> tensors = pytorch::run_reference(definition.reference_source, inputs, limits);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - begin;
  ReferenceResult result;
  result.outputs = name_outputs(definition, std::move(tensors));
  result.engine = pytorch::engine_version();
  result.milliseconds = elapsed.count();
  return result;
}

ReferenceResult run_torch(const Definition& definition, const std::vector<NamedTensor>& inputs,
                          const ReferenceOptions& options) {
  TorchRun run = run_torch_reference(definition, inputs, options.time_limit_seconds);
  ReferenceResult result;
  result.outputs = name_outputs(definition, std::move(run.outputs));
  result.engine = "torch-" + torch_status().version;
  result.milliseconds = run.milliseconds;
  return result;
}

using Runner = ReferenceResult (*)(const Definition&, const std::vector<NamedTensor>&,
                                   const ReferenceOptions&);

// What one engine is called with, and where its goldens are kept.
struct ReferenceCall {
  const InputRequest& request;
  const std::vector<NamedTensor>& inputs;
  const ReferenceOptions& options;

  ReferenceResult cached_or_run(const std::string& engine, Runner runner) const {
    if (!options.use_cache) return runner(request.definition, inputs, options);
    const std::string key = golden_key(request, engine);
    if (auto cached = load_golden(key, request.definition)) return *cached;
    ReferenceResult result = runner(request.definition, inputs, options);
    try {
      store_golden(key, result);
    } catch (const Error& error) {
      result.note = error.what();  // a cache that cannot be written costs time, not the result
    }
    return result;
  }
  ReferenceResult builtin() const { return cached_or_run(pytorch::engine_version(), run_builtin); }
  ReferenceResult torch() const {
    return cached_or_run("torch-" + torch_status().version, run_torch);
  }
};

}  // namespace

ReferenceResult compute_reference(const InputRequest& request,
                                  const std::vector<NamedTensor>& inputs,
                                  const ReferenceOptions& options) {
  const ReferenceCall call{request, inputs, options};
  if (options.engine == ReferenceChoice::Torch) return call.torch();
  try {
    return call.builtin();
  } catch (const Error& error) {
    // What builtin lacks, torch may have; without it, the error names what is lacking.
    const bool may_fall_back = options.engine == ReferenceChoice::Auto &&
                               error.kind() == ErrorKind::Unsupported && torch_status().available;
    if (!may_fall_back) throw;
    ReferenceResult result = call.torch();
    result.note = fmt::format("reference engine torch instead of builtin: {}", error.what());
    return result;
  }
}

}  // namespace fitest
