// SPDX-License-Identifier: Apache-2.0
#include "cuda/cuda_device.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "cuda/cuda_buffer.h"
#include "cuda/cuda_module.h"
#include "cuda/device_choice.h"
#include "cuda/driver.h"
#include "cuda/event_timer.h"
#include "cuda/gpu_lock.h"
#include "cuda/launch_check.h"
#include "cuda/output_capture.h"
#include "cuda/poison.h"
#include "cuda/polling.h"

namespace fitest::cuda {
namespace {

constexpr std::size_t kSharedWithoutOptIn = 49152;
constexpr std::uint64_t kPortableClusterBlocks = 8;

int read_attribute(const DriverApi& api, DeviceAttribute attribute, CudaDeviceId device) {
  int value = 0;
  api.device_attribute(&value, attribute, device);
  return value;
}

DeviceProperties read_properties(const DriverApi& api, const VisibleDevice& device) {
  DeviceProperties properties;
  properties.kind = "cuda";
  properties.name = device.name;
  properties.uuid = device.uuid;
  properties.compute_major = device.compute_major;
  properties.compute_minor = device.compute_minor;
  properties.sm_count = read_attribute(api, DeviceAttribute::SmCount, device.id);
  properties.shared_memory_per_block =
      static_cast<std::size_t>(read_attribute(api, DeviceAttribute::SharedMemoryOptIn, device.id));
  properties.memory_bytes = device.memory_bytes;
  properties.driver_version = describe_version(api);
  return properties;
}

class CudaDevice : public Device {
 public:
  CudaDevice(const DriverApi& api, const VisibleDevice& device, const CudaDeviceOptions& options)
      : properties_(read_properties(api, device)),
        limits_(read_limits(api, device.id)),
        l2_bytes_(static_cast<std::size_t>(
            read_attribute(api, DeviceAttribute::L2CacheBytes, device.id))),
        lock_place_{options.lock_folder, device.uuid},
        in_use_(GpuLock(lock_place_, GpuLock::Mode::Shared, Deadline::max())),
        context_(api, device.id),
        stream_(make_stream(context_)) {
    in_use_.reset();
  }
  ~CudaDevice() override {
    // Tearing a context down is work on the GPU like any other; in_use_ outlives context_.
    if (!context_.lost()) share_until(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  }
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  const DeviceProperties& properties() const override { return properties_; }
  void set_deadline(Deadline deadline) override { deadline_ = deadline; }
  std::string take_output() override { return std::exchange(output_, {}); }

  BufferPtr allocate(const BufferSpec& spec) override {
    use_gpu();
    auto buffer = std::make_unique<CudaBuffer>(context_, spec);
    copy_in(buffer->front_guard(), guard_pattern());
    copy_in(buffer->back_guard(), guard_pattern());
    settle();
    return buffer;
  }

  void upload(Buffer& buffer, std::span<const std::byte> bytes) override {
    CudaBuffer& target = fitting(buffer, bytes.size());
    use_gpu();
    copy_in(target.address(), bytes);
    target.set_poisoned(false);
    settle();
  }

  void download(const Buffer& buffer, std::span<std::byte> bytes) override {
    const CudaBuffer& source = fitting(const_cast<Buffer&>(buffer), bytes.size());
    settle();
    use_gpu();
    copy_out(source.address(), bytes);
    settle();
  }

  void poison(Buffer& buffer) override {
    auto& target = static_cast<CudaBuffer&>(buffer);
    const std::size_t words = buffer.spec().size_bytes / 4;
    use_gpu();
    if (words > 0) {
      context_.require(
          context_.api().fill_words(target.address(), kPoisonWord, words, stream_.get()),
          "filling a buffer");
    }
    const auto pattern = std::as_bytes(std::span(&kPoisonWord, 1));
    copy_in(target.address() + words * 4, pattern.first(buffer.spec().size_bytes % 4));
    target.set_poisoned(true);
    settle();
  }

  std::optional<std::uint64_t> unwritten_bytes(const Buffer& buffer) override {
    if (!static_cast<const CudaBuffer&>(buffer).poisoned()) return std::nullopt;
    std::vector<std::byte> bytes(buffer.spec().size_bytes);
    download(buffer, bytes);
    const std::uint64_t words = count_poisoned_words(bytes);
    if (words == 0) return std::nullopt;
    return 4 * words;
  }

  std::optional<Fault> check_guards(const Buffer& buffer) override {
    if (auto fault = synchronize()) return fault;
    const auto& checked = static_cast<const CudaBuffer&>(buffer);
    const BufferSpec& spec = buffer.spec();
    std::vector<std::byte> front(kGuardBytes);
    std::vector<std::byte> back(kGuardBytes);
    use_gpu();
    copy_out(checked.front_guard(), front);
    copy_out(checked.back_guard(), back);
    settle();
    const auto damage = find_damage(front, back, spec.size_bytes);
    if (!damage) return std::nullopt;
    Fault fault;
    fault.kind = FaultKind::OutOfBounds;
    fault.message = describe(*damage, spec.name, spec.size_bytes);
    fault.kernel = last_kernels_;
    fault.buffer = spec.name;
    fault.offset = damage->offset;
    return fault;
  }

  ModulePtr load(const Image& image, std::optional<Fault>& fault) override {
    use_gpu();
    auto module = CudaModule::load(context_, image, fault);
    if (!fault) fault = synchronize();
    return module;
  }

  std::optional<Fault> launch(const Module& module, const Launch& launch) override {
    if (context_.lost()) return context_.lost();
    const auto& loaded = static_cast<const CudaModule&>(module);
    const KernelInfo* kernel = loaded.find(launch.kernel);
    if (kernel == nullptr) return no_such_kernel(launch, loaded);
    if (auto fault = check_launch(launch, *kernel, limits_)) return fault;
    if (std::chrono::steady_clock::now() >= deadline_) return out_of_time(launch.kernel);
    use_gpu();
    note_in_flight(launch.kernel, loaded.prints());
    const CudaFunctionHandle function = loaded.function(launch.kernel);
    const CudaResult prepared = prepare(function, *kernel, launch);
    return context_.check(prepared == CudaResult::Success ? enqueue(function, launch) : prepared,
                          "launching " + describe_configuration(launch), launch.kernel);
  }

  std::optional<Fault> synchronize() override {
    if (context_.lost()) return context_.lost();
    if (timing_) timer_->end();
    return await_stream();
  }

  ElapsedTime time(const std::function<void()>& body) override {
    ElapsedTime elapsed{std::numeric_limits<double>::quiet_NaN(), "cuda_event"};
    if (synchronize()) return elapsed;
    if (!timer_) timer_.emplace(context_, stream_.get(), l2_bytes_);
    const GpuLock lock(lock_place_, GpuLock::Mode::Exclusive, deadline_);
    timer_->begin();
    {
      const TimedSection section(timing_);
      body();
      if (synchronize()) return elapsed;
    }
    elapsed.milliseconds = timer_->elapsed_milliseconds();
    return elapsed;
  }

 private:
  struct TimedSection {
    explicit TimedSection(bool& flag) : flag_(flag) { flag_ = true; }
    ~TimedSection() { flag_ = false; }
    TimedSection(const TimedSection&) = delete;
    TimedSection& operator=(const TimedSection&) = delete;

   private:
    bool& flag_;
  };

  // Work is queued next: shared use of the GPU until the stream is idle again.
  void use_gpu() {
    if (const auto& fault = context_.lost()) fail(ErrorKind::Environment, fitest::describe(*fault));
    if (timing_) {
      timer_->resume();
    } else if (!in_use_) {
      in_use_.emplace(lock_place_, GpuLock::Mode::Shared, deadline_);
    }
  }

  void share_until(Deadline deadline) noexcept try {
    if (!in_use_) in_use_.emplace(lock_place_, GpuLock::Mode::Shared, deadline);
  } catch (const Error&) {
    // Whoever times in this moment gets a disturbed sample; a destructor has nobody to tell.
  }

  // For calls that return no Fault.
  void settle() {
    if (const auto fault = synchronize()) fail(ErrorKind::Environment, fitest::describe(*fault));
  }

  std::optional<Fault> await_stream() {
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
    std::optional<Fault> fault;
    if (ended) {
      fault = context_.check(result, "the launch", join(in_flight_, " or "));
    } else {
      fault = out_of_time(join(in_flight_, " or "));
      context_.lose(*fault);
    }
    end_flight();
    return fault;
  }

  void note_in_flight(const std::string& kernel, bool prints) {
    printing_ = printing_ || prints;
    if (std::find(in_flight_.begin(), in_flight_.end(), kernel) == in_flight_.end()) {
      in_flight_.push_back(kernel);
    }
  }

  void end_flight() {
    if (!in_flight_.empty()) last_kernels_ = join(in_flight_, " or ");
    in_flight_.clear();
    printing_ = false;
    in_use_.reset();
  }

  static Fault out_of_time(const std::string& kernel) {
    Fault fault;
    fault.kind = FaultKind::TimeLimit;
    fault.message = "the GPU had not finished when the deadline passed";
    fault.kernel = kernel;
    return fault;
  }

  static Fault no_such_kernel(const Launch& launch, const CudaModule& module) {
    Fault fault;
    fault.kind = FaultKind::InvalidLaunch;
    fault.message = fmt::format("the module has no kernel of this name; it has {}",
                                join(module.kernel_names(), ", "));
    fault.kernel = launch.kernel;
    return fault;
  }

  CudaResult prepare(CudaFunctionHandle function, const KernelInfo& kernel, const Launch& launch) {
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

  CudaResult enqueue(CudaFunctionHandle function, const Launch& launch) {
    LaunchConfig config{launch.grid.x,
                        launch.grid.y,
                        launch.grid.z,
                        launch.block.x,
                        launch.block.y,
                        launch.block.z,
                        static_cast<std::uint32_t>(launch.dynamic_shared_bytes),
                        stream_.get(),
                        nullptr,
                        0};
    LaunchAttribute cluster{LaunchAttributeId::ClusterDimension, 0, {}};
    if (launch.cluster) {
      cluster.value = {launch.cluster->x, launch.cluster->y, launch.cluster->z};
      config.attributes = &cluster;
      config.attribute_count = 1;
    }
    std::vector<void*> parameters;
    parameters.reserve(launch.arguments.size());
    for (const KernelArgument& argument : launch.arguments) {
      parameters.push_back(const_cast<std::byte*>(argument.bytes.data()));
    }
    return context_.api().launch(&config, function, parameters.data(), nullptr);
  }

  void copy_in(CudaAddress target, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    context_.require(
        context_.api().copy_to_device(target, bytes.data(), bytes.size(), stream_.get()),
        "copying to the GPU");
  }

  void copy_out(CudaAddress source, std::span<std::byte> bytes) {
    if (bytes.empty()) return;
    context_.require(context_.api().copy_to_host(bytes.data(), source, bytes.size(), stream_.get()),
                     "copying from the GPU");
  }

  static CudaBuffer& fitting(Buffer& buffer, std::size_t size_bytes) {
    if (size_bytes > buffer.spec().size_bytes) {
      fail(ErrorKind::Internal,
           fmt::format("a copy of {} bytes does not fit buffer '{}' of {} bytes", size_bytes,
                       buffer.spec().name, buffer.spec().size_bytes));
    }
    return static_cast<CudaBuffer&>(buffer);
  }

  DeviceProperties properties_;
  LaunchLimits limits_;
  std::size_t l2_bytes_;
  GpuLock::Place lock_place_;
  std::optional<GpuLock> in_use_;  // held shared from the first untimed work to the next wait
  CudaContext context_;
  OwnedStream stream_;
  std::optional<EventTimer> timer_;
  Deadline deadline_ = Deadline::max();
  bool timing_ = false;
  bool printing_ = false;
  std::vector<std::string> in_flight_;  // names of the kernels since the last wait
  std::string last_kernels_;
  std::string output_;
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
