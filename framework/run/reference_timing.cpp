// SPDX-License-Identifier: Apache-2.0
#include "run/reference_timing.h"

#include <fmt/format.h>

#include <optional>

#include "cuda/gpu_lock.h"
#include "run/golden_cache.h"
#include "run/torch_engine.h"

namespace fitest {
namespace {

std::string latency_key(const InputRequest& request, const ReferenceOptions& options,
                        const SamplingOptions& sampling) {
  return golden_key(
      request, fmt::format("latency-1 torch-{} on {} {}, {} {} {}", options.torch->status().version,
                           options.gpu.name, options.gpu.uuid, sampling.warmup, sampling.iterations,
                           sampling.trials));
}

// A reference and its inputs on the GPU, in the hands of PyTorch.
class PreparedReference {
 public:
  PreparedReference(const Definition& definition, const ReferenceSets& sets,
                    const ReferenceOptions& options)
      : place_{cuda::lock_folder(), options.gpu.uuid}, sets_(sets.size()) {
    const cuda::GpuLock beside(place_, cuda::GpuLock::Mode::Shared, cuda::Deadline::max());
    engine_.emplace(*options.torch, TorchPlace{options.gpu.uuid}, options.time_limit_seconds);
    engine_->prepare(definition, sets);
  }
  // Alone on the GPU, as a Solution's call is timed.
  double time_next() {
    const cuda::GpuLock alone(place_, cuda::GpuLock::Mode::Exclusive, cuda::Deadline::max());
    return engine_->time(calls_++ % sets_);
  }
  void release() { engine_->release(); }

 private:
  cuda::GpuLock::Place place_;
  std::optional<TorchEngine> engine_;
  std::size_t sets_;
  std::size_t calls_ = 0;
};

}  // namespace

ReferenceTiming time_reference(const InputRequest& request, const ReferenceSets& sets,
                               const ReferenceOptions& options, const SamplingOptions& sampling) {
  ReferenceTiming timing;
  try {
    const std::string key = latency_key(request, options, sampling);
    const auto kept = options.use_cache ? load_latency(key) : std::nullopt;
    if (kept) {
      timing.latency_ms = *kept;
      timing.from_cache = true;
      return timing;
    }
    PreparedReference prepared(request.definition, sets, options);
    timing.samples = measure([&] { return prepared.time_next(); }, sampling);
    timing.latency_ms = timing.samples.latency_ms();
    prepared.release();
    if (options.use_cache) store_latency(key, timing.latency_ms);
  } catch (const Error& error) {
    timing.note = fmt::format("the reference could not be timed: {}", error.what());
  }
  return timing;
}

}  // namespace fitest
