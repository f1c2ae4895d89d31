// SPDX-License-Identifier: Apache-2.0
#include "cuda/cuda_device.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cuda/content_check.h"
#include "cuda/cuda_buffer.h"
#include "cuda/cuda_queue.h"
#include "cuda/device_choice.h"
#include "cuda/driver.h"
#include "cuda/gpu_sensors.h"
#include "cuda/launch_check.h"
#include "cuda/poison.h"
#include "cuda/tensor_map_encoding.h"

namespace fitest::cuda {
namespace {

constexpr const char* kActivity = "cupti_activity";
constexpr const char* kEvents = "cuda_event";

std::size_t read_size(const DriverApi& api, DeviceAttribute attribute, CudaDeviceId device) {
  int value = 0;
  api.device_attribute(&value, attribute, device);
  return static_cast<std::size_t>(value);
}

DeviceProperties read_properties(const DriverApi& api, const VisibleDevice& device) {
  DeviceProperties properties;
  properties.kind = "cuda";
  properties.name = device.name;
  properties.uuid = device.uuid;
  properties.compute_major = device.compute_major;
  properties.compute_minor = device.compute_minor;
  properties.sm_count = static_cast<int>(read_size(api, DeviceAttribute::SmCount, device.id));
  properties.shared_memory_per_block =
      read_size(api, DeviceAttribute::SharedMemoryOptIn, device.id);
  properties.memory_bytes = device.memory_bytes;
  properties.driver_version = describe_version(api);
  return properties;
}

Fault make_fault(FaultKind kind, std::string message) {
  Fault fault;
  fault.kind = kind;
  fault.message = std::move(message);
  return fault;
}

class CudaDevice : public HardwareDevice {
 public:
  CudaDevice(const DriverApi& api, const VisibleDevice& device, const CudaDeviceOptions& options)
      : properties_(read_properties(api, device)),
        limits_(read_limits(api, device.id)),
        guards_(options.guards),
        timer_reason_(choose_timer(options)),
        context_(api, device.id),
        queue_(context_, {options.lock_folder, device.uuid},
               read_size(api, DeviceAttribute::L2CacheBytes, device.id)),
        content_(context_, queue_) {
    if (recorder_) queue_.record_with(*recorder_);
  }
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  const DeviceProperties& properties() const override { return properties_; }
  void set_deadline(Deadline deadline) override { queue_.set_deadline(deadline); }
  std::string take_output() override { return queue_.take_output(); }
  std::optional<Fault> synchronize() override { return queue_.wait(); }

  BufferPtr allocate(const BufferSpec& spec) override {
    queue_.use_gpu();
    auto buffer = std::make_unique<CudaBuffer>(context_, spec, guards_);
    if (!guards_) return buffer;
    queue_.copy_in(buffer->front_guard(), guard_pattern());
    queue_.copy_in(buffer->back_guard(), guard_pattern());
    queue_.settle();
    return buffer;
  }

  void upload(Buffer& buffer, std::span<const std::byte> bytes) override {
    check_size(buffer, bytes.size());
    auto& target = static_cast<CudaBuffer&>(buffer);
    queue_.copy_in(target.address(), bytes);
    queue_.settle();
    target.set_poisoned(false);
    const bool guarded = guards_ && buffer.spec().access == Access::Input;
    if (guarded) target.set_checksums(read_checksums(target));
  }

  void download(const Buffer& buffer, std::span<std::byte> bytes) override {
    check_size(buffer, bytes.size());
    // A copy to pageable memory blocks behind a kernel that never ends.
    queue_.settle();
    queue_.copy_out(buffer.address(), bytes);
    queue_.settle();
  }

  void acquire(Use use) override { queue_.acquire(use); }
  void release() noexcept override { queue_.release(); }
  std::optional<ElapsedTime> other_time() const override { return other_time_; }
  std::string timer_reason() const override { return timer_reason_; }

  void copy(Buffer& target, const Buffer& source) override {
    check_size(target, source.spec().size_bytes);
    auto& changed = static_cast<CudaBuffer&>(target);
    const auto& origin = static_cast<const CudaBuffer&>(source);
    queue_.copy(target.address(), source.address(), source.spec().size_bytes);
    changed.set_poisoned(origin.poisoned());
    changed.set_checksums(origin.checksums());
  }

  EncodedTensorMap encode(const TensorMap& map, std::uint64_t address) override {
    return encode_tensor_map(context_, map, address);
  }

  std::optional<DeviceState> state() override {
    if (!sensors_) sensors_.emplace(installed_nvml(), properties_.uuid);
    return sensors_->read();
  }

  void poison(Buffer& buffer) override {
    suspects_.clear();
    if (!guards_) return;
    const std::size_t words = buffer.spec().size_bytes / 4;
    const auto pattern = std::as_bytes(std::span(&kPoisonWord, 1));
    queue_.fill_words(buffer.address(), kPoisonWord, words);
    queue_.copy_in(buffer.address() + words * 4, pattern.first(buffer.spec().size_bytes % 4));
    static_cast<CudaBuffer&>(buffer).set_poisoned(true);
  }

  std::optional<std::uint64_t> unwritten_bytes(const Buffer& buffer) override {
    if (!static_cast<const CudaBuffer&>(buffer).poisoned()) return std::nullopt;
    const std::uint64_t words =
        content_.count_words(buffer.address(), buffer.spec().size_bytes / 4, kPoisonWord);
    if (words == 0) return std::nullopt;
    return 4 * words;
  }

  std::optional<Fault> check_guards(const Buffer& buffer) override {
    if (auto fault = queue_.wait()) return fault;
    const auto& checked = static_cast<const CudaBuffer&>(buffer);
    if (!checked.guarded()) return std::nullopt;
    std::optional<Fault> fault = check_zones(checked);
    if (!fault) fault = check_input(checked);
    if (fault) {
      fault->kernel = join(suspects_, " or ");
      fault->buffer = buffer.spec().name;
    }
    return fault;
  }

  ModulePtr load(const Image& image, std::optional<Fault>& fault) override {
    queue_.use_gpu();
    auto module = CudaModule::load(context_, image, fault);
    if (!fault) fault = queue_.wait();
    return module;
  }

  std::optional<Fault> launch(const Module& module, const Launch& launch) override {
    if (context_.lost()) return context_.lost();
    const auto& loaded = static_cast<const CudaModule&>(module);
    const KernelInfo* kernel = loaded.find(launch.kernel);
    if (kernel == nullptr) return no_such_kernel(launch, loaded);
    if (auto fault = check_launch(launch, *kernel, limits_)) return fault;
    if (std::find(suspects_.begin(), suspects_.end(), launch.kernel) == suspects_.end()) {
      suspects_.push_back(launch.kernel);
    }
    return queue_.launch(loaded, launch, limits_);
  }

  ElapsedTime time(const std::function<void()>& body) override {
    const TimedSpan span = queue_.time(body);
    ElapsedTime by_events{span.event_ms, kEvents};
    other_time_.reset();
    if (!span.activity_ms) return by_events;
    other_time_ = by_events;
    return {*span.activity_ms, kActivity};
  }

 private:
  static void check_size(const Buffer& buffer, std::size_t size_bytes) {
    if (size_bytes <= buffer.spec().size_bytes) return;
    fail(ErrorKind::Internal,
         fmt::format("a copy of {} bytes does not fit buffer '{}' of {} bytes", size_bytes,
                     buffer.spec().name, buffer.spec().size_bytes));
  }

  // Starts the recorder where records are chosen; the reason for the choice.
  std::string choose_timer(const CudaDeviceOptions& options) {
    if (options.timer == TimerChoice::Events) return "events were asked for";
    const Cupti& cupti = options.cupti != nullptr ? *options.cupti : installed_cupti();
    std::string problem = cupti.problem;
    if (cupti.usable()) {
      recorder_.emplace(cupti.api);
      problem = recorder_->problem();
    }
    if (problem.empty()) {
      return options.timer == TimerChoice::Activity ? "CUPTI was asked for" : "CUPTI is usable";
    }
    recorder_.reset();
    if (options.timer == TimerChoice::Activity) fail(ErrorKind::Environment, problem);
    return problem;
  }

  static Fault no_such_kernel(const Launch& launch, const CudaModule& module) {
    Fault fault = make_fault(FaultKind::InvalidLaunch,
                             fmt::format("the module has no kernel of this name; it has {}",
                                         join(module.kernel_names(), ", ")));
    fault.kernel = launch.kernel;
    return fault;
  }

  // The last word may reach into the guard zone, whose bytes are as constant as the input's.
  std::vector<std::uint64_t> read_checksums(const CudaBuffer& buffer) {
    return content_.checksums(buffer.address(), (buffer.spec().size_bytes + 3) / 4);
  }

  std::optional<Fault> check_zones(const CudaBuffer& buffer) {
    const BufferSpec& spec = buffer.spec();
    std::vector<std::byte> front(kGuardBytes);
    std::vector<std::byte> back(kGuardBytes);
    queue_.copy_out(buffer.front_guard(), front);
    queue_.copy_out(buffer.back_guard(), back);
    queue_.settle();
    const auto damage = find_damage(front, back, spec.size_bytes);
    if (!damage) return std::nullopt;
    Fault fault = make_fault(FaultKind::OutOfBounds, describe(*damage, spec.name, spec.size_bytes));
    fault.offset = damage->offset;
    return fault;
  }

  std::optional<Fault> check_input(const CudaBuffer& buffer) {
    const auto& expected = buffer.checksums();
    if (expected.empty()) return std::nullopt;
    const auto found = read_checksums(buffer);
    const auto changed = std::mismatch(found.begin(), found.end(), expected.begin()).first;
    if (changed == found.end()) return std::nullopt;
    const auto begin = static_cast<std::size_t>(changed - found.begin()) * kChunkBytes;
    const std::size_t end = std::min(begin + kChunkBytes, buffer.spec().size_bytes);
    Fault fault =
        make_fault(FaultKind::ReadOnlyWrite,
                   fmt::format("input '{}' was changed, first within its bytes {} to {} (of {})",
                               buffer.spec().name, begin, end - 1, buffer.spec().size_bytes));
    fault.offset = static_cast<std::int64_t>(begin);
    return fault;
  }

  DeviceProperties properties_;
  LaunchLimits limits_;
  bool guards_;
  std::optional<KernelRecorder> recorder_;  // before the context
  std::string timer_reason_;
  CudaContext context_;
  CudaQueue queue_;
  ContentCheck content_;
  std::optional<GpuSensors> sensors_;
  std::optional<ElapsedTime> other_time_;
  std::vector<std::string> suspects_;  // kernels launched since the last poison()
};

}  // namespace

DevicePtr make_cuda_device(const DriverApi& api, const CudaDeviceOptions& options) {
  const VisibleDevice chosen = choose_device(list_devices(api), options.device);
  return std::make_unique<CudaDevice>(api, chosen, options);
}

DevicePtr make_cuda_device(const CudaDeviceOptions& options) {
  const Driver& driver = installed_driver();
  if (!driver.usable()) fail(ErrorKind::Environment, driver.problem);
  if (driver.process != ::getpid()) {
    fail(ErrorKind::Internal,
         "the CUDA driver was initialised before this process was forked; it cannot be used here");
  }
  return make_cuda_device(driver.api, options);
}

}  // namespace fitest::cuda
