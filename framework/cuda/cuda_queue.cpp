// SPDX-License-Identifier: Apache-2.0
#include "cuda/cuda_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "cuda/output_capture.h"
#include "cuda/polling.h"

namespace fitest::cuda {
namespace {

constexpr std::size_t kSharedWithoutOptIn = 49152;
constexpr std::uint64_t kPortableClusterBlocks = 8;
constexpr double kNoTime = std::numeric_limits<double>::quiet_NaN();

class FlagScope {
 public:
  explicit FlagScope(bool& flag) : flag_(flag) { flag_ = true; }
  FlagScope(const FlagScope&) = delete;
  FlagScope& operator=(const FlagScope&) = delete;
  ~FlagScope() { flag_ = false; }

 private:
  bool& flag_;
};

std::vector<LaunchAttribute> attributes_of(const Launch& launch) {
  std::vector<LaunchAttribute> attributes;
  if (launch.cluster) {
    const Dim3& cluster = *launch.cluster;
    attributes.push_back(
        {LaunchAttributeId::ClusterDimension, 0, {cluster.x, cluster.y, cluster.z}});
  }
  if (launch.cooperative) attributes.push_back({LaunchAttributeId::Cooperative, 0, {1}});
  return attributes;
}

Fault out_of_time(const std::string& kernel) {
  Fault fault;
  fault.kind = FaultKind::TimeLimit;
  fault.message = "the GPU had not finished when the deadline passed";
  fault.kernel = kernel;
  return fault;
}

}  // namespace

CudaQueue::CudaQueue(CudaContext& context, GpuLock::Place lock_place, std::size_t l2_bytes)
    : context_(context),
      lock_place_(std::move(lock_place)),
      l2_bytes_(l2_bytes),
      stream_(make_stream(context)) {}

void CudaQueue::use_gpu() {
  if (const auto& fault = context_.lost()) fail(ErrorKind::Environment, fitest::describe(*fault));
  if (timing_) {
    timer_->resume();
  } else if (!in_use_ && !held_) {
    in_use_.emplace(lock_place_, GpuLock::Mode::Shared, deadline_);
  }
}

void CudaQueue::copy_in(CudaAddress target, std::span<const std::byte> bytes) {
  use_gpu();
  if (bytes.empty()) return;
  context_.require(context_.api().copy_to_device(target, bytes.data(), bytes.size(), stream_.get()),
                   "copying to the GPU");
}

void CudaQueue::copy_out(CudaAddress source, std::span<std::byte> bytes) {
  use_gpu();
  if (bytes.empty()) return;
  context_.require(context_.api().copy_to_host(bytes.data(), source, bytes.size(), stream_.get()),
                   "copying from the GPU");
}

void CudaQueue::copy(CudaAddress target, CudaAddress source, std::size_t size_bytes) {
  use_gpu();
  if (size_bytes == 0) return;
  context_.require(context_.api().copy_on_device(target, source, size_bytes, stream_.get()),
                   "copying on the GPU");
}

void CudaQueue::fill_words(CudaAddress target, std::uint32_t word, std::size_t count) {
  use_gpu();
  if (count == 0) return;
  context_.require(context_.api().fill_words(target, word, count, stream_.get()),
                   "filling memory of the GPU");
}

std::optional<Fault> CudaQueue::launch(const CudaModule& module, const Launch& launch,
                                       const LaunchLimits& limits) {
  if (context_.lost()) return context_.lost();
  if (std::chrono::steady_clock::now() >= deadline_) return out_of_time(launch.kernel);
  use_gpu();
  note_in_flight(launch.kernel, module.prints());
  const CudaFunctionHandle function = module.function(launch.kernel);
  CudaResult result = opt_in(function, *module.find(launch.kernel), launch);
  if (result == CudaResult::Success) result = enqueue(function, launch);
  if (result == CudaResult::Success) {
    ++timed_launches_;
    return std::nullopt;
  }
  if (result == CudaResult::CooperativeTooLarge) {
    int resident = 0;
    context_.api().resident_blocks(&resident, function, static_cast<int>(launch.block.count()),
                                   launch.dynamic_shared_bytes);
    return not_resident(launch, resident, limits);
  }
  return context_.check(result, "launching " + describe_configuration(launch), launch.kernel);
}

CudaResult CudaQueue::opt_in(CudaFunctionHandle function, const KernelInfo& kernel,
                             const Launch& launch) {
  const DriverApi& api = context_.api();
  CudaResult result = CudaResult::Success;
  if (launch.dynamic_shared_bytes + kernel.static_shared_bytes > kSharedWithoutOptIn) {
    result = api.function_set_attribute(function, FunctionAttribute::MaxDynamicSharedBytes,
                                        static_cast<int>(launch.dynamic_shared_bytes));
  }
  if (result == CudaResult::Success && launch.cluster &&
      launch.cluster->count() > kPortableClusterBlocks) {
    result = api.function_set_attribute(function, FunctionAttribute::NonPortableClusterSize, 1);
  }
  return result;
}

CudaResult CudaQueue::enqueue(CudaFunctionHandle function, const Launch& launch) {
  LaunchConfig config;
  config.grid_x = launch.grid.x;
  config.grid_y = launch.grid.y;
  config.grid_z = launch.grid.z;
  config.block_x = launch.block.x;
  config.block_y = launch.block.y;
  config.block_z = launch.block.z;
  config.shared_bytes = static_cast<std::uint32_t>(launch.dynamic_shared_bytes);
  config.stream = stream_.get();
  std::vector<LaunchAttribute> attributes = attributes_of(launch);
  config.attributes = attributes.data();
  config.attribute_count = static_cast<std::uint32_t>(attributes.size());
  std::vector<void*> parameters;
  parameters.reserve(launch.arguments.size());
  for (const KernelArgument& argument : launch.arguments) {
    parameters.push_back(const_cast<std::byte*>(argument.bytes.data()));
  }
  return context_.api().launch(&config, function, parameters.data(), nullptr);
}

std::optional<Fault> CudaQueue::wait() {
  if (context_.lost()) return context_.lost();
  if (timing_) timer_->end();
  return await_stream();
}

void CudaQueue::settle() {
  if (const auto fault = wait()) fail(ErrorKind::Environment, fitest::describe(*fault));
}

std::optional<Fault> CudaQueue::await_stream() {
  CudaResult result = CudaResult::NotReady;
  std::optional<OutputCapture> capture;
  if (printing_) capture.emplace();
  const bool ended = poll_until(deadline_, [&] {
    result = context_.api().stream_query(stream_.get());
    return result != CudaResult::NotReady;
  });
  // A query delivers no output of kernels, a synchronisation does.
  if (ended && capture) context_.api().context_synchronize();
  if (capture) output_ += capture->finish();
  const std::string kernels = join(in_flight_, " or ");
  end_flight();
  if (ended) return context_.check(result, "the launch", kernels);
  context_.lose(out_of_time(kernels));
  return context_.lost();
}

void CudaQueue::note_in_flight(const std::string& kernel, bool prints) {
  printing_ = printing_ || prints;
  if (std::find(in_flight_.begin(), in_flight_.end(), kernel) == in_flight_.end()) {
    in_flight_.push_back(kernel);
  }
}

void CudaQueue::end_flight() {
  in_flight_.clear();
  printing_ = false;
  in_use_.reset();
}

void CudaQueue::acquire(Use use) {
  settle();
  if (held_ && held_as_ == use) return;
  held_.reset();
  held_.emplace(lock_place_, use == Use::Shared ? GpuLock::Mode::Shared : GpuLock::Mode::Exclusive,
                deadline_);
  held_as_ = use;
}

TimedSpan CudaQueue::time(const std::function<void()>& body) {
  if (wait()) return {kNoTime, std::nullopt};
  if (!timer_) timer_.emplace(context_, stream_.get(), l2_bytes_);
  std::optional<GpuLock> lock;
  if (!held_ || held_as_ != Use::Exclusive) {
    held_.reset();  // would be waited for
    lock.emplace(lock_place_, GpuLock::Mode::Exclusive, deadline_);
  }
  timer_->begin();
  timed_launches_ = 0;
  {
    const FlagScope timed(timing_);
    body();
    if (wait()) return {kNoTime, std::nullopt};
  }
  TimedSpan span{timer_->elapsed_milliseconds(), std::nullopt};
  if (recorder_ != nullptr && timed_launches_ > 0) span.activity_ms = recorded_milliseconds();
  return span;
}

double CudaQueue::recorded_milliseconds() {
  const std::vector<KernelRecord> records = recorder_->take();
  if (const auto span = span_of_last(records, timed_launches_)) return *span;
  fail(ErrorKind::Environment,
       fmt::format("CUPTI recorded {} kernels of a timed call that launched {}; `--timer events` "
                   "times without it",
                   records.size(), timed_launches_));
}

}  // namespace fitest::cuda
