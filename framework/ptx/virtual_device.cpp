// SPDX-License-Identifier: Apache-2.0
#include "ptx/virtual_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "ptx/execution.h"
#include "ptx/handlers.h"
#include "ptx/loaded_module.h"
#include "ptx/profile.h"

namespace fitest::ptx {
namespace {

// What a GPU of the target offers a block, and what grid-sized launches may count on.
constexpr std::size_t kSharedMemoryPerBlock = 227 << 10;
constexpr std::size_t kLocalMemoryPerThread = 512 << 10;
constexpr std::uint32_t kMultiprocessors = 16;
constexpr std::uint64_t kMaxBlockThreads = 1024;
constexpr std::size_t kGridWorkspaceBytes = 256;
// Every half, bfloat16, float and double made of it is a NaN.
constexpr int kPoison = 0xFF;

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    return std::string(trim(line.substr(line.find(':') + 1)));
  }
  return "unknown CPU";
}

DeviceProperties make_properties(const VirtualDeviceOptions& options) {
  DeviceProperties properties;
  properties.kind = "virtual";
  properties.name = fmt::format("fitest virtual PTX device ({})", cpu_model());
  properties.compute_major = options.compute_major;
  properties.compute_minor = options.compute_minor;
  properties.sm_count = kMultiprocessors;
  properties.shared_memory_per_block = kSharedMemoryPerBlock;
  properties.memory_bytes = options.memory_bytes;
  return properties;
}

class VirtualBuffer : public Buffer {
 public:
  VirtualBuffer(const BufferSpec& spec, AddressSpace& memory)
      : Buffer(spec), memory_(memory), segment_(memory.allocate(spec)) {}
  ~VirtualBuffer() override { memory_.release(segment_); }
  std::uint64_t address() const override { return segment_->base; }
  Segment& segment() const { return *segment_; }

 private:
  AddressSpace& memory_;
  Segment* segment_;
};

Segment& segment_of(const Buffer& buffer) {
  return dynamic_cast<const VirtualBuffer&>(buffer).segment();
}

Fault invalid_launch(const Launch& launch, std::string message) {
  Fault fault;
  fault.kind = FaultKind::InvalidLaunch;
  fault.kernel = launch.kernel;
  fault.message = std::move(message);
  return fault;
}

class VirtualDevice : public Device {
 public:
  explicit VirtualDevice(const VirtualDeviceOptions& options)
      : options_(options), properties_(make_properties(options)), memory_(options.memory_bytes) {}

  const DeviceProperties& properties() const override { return properties_; }

  BufferPtr allocate(const BufferSpec& spec) override {
    auto buffer = std::make_unique<VirtualBuffer>(spec, memory_);
    if (spec.access != Access::Input) memory_.forget(buffer->segment());
    return buffer;
  }

  void upload(Buffer& buffer, std::span<const std::byte> bytes) override {
    Segment& segment = segment_of(buffer);
    check_size(buffer, bytes.size());
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(segment.data));
    if (bytes.size() == segment.size) {
      memory_.mark_written(segment);
    } else if (segment.written != nullptr) {
      std::fill_n(segment.written, bytes.size(), std::uint8_t{1});
    }
  }

  void download(const Buffer& buffer, std::span<std::byte> bytes) override {
    const Segment& segment = segment_of(buffer);
    check_size(buffer, bytes.size());
    std::copy_n(reinterpret_cast<const std::byte*>(segment.data), bytes.size(), bytes.begin());
  }

  void poison(Buffer& buffer) override {
    Segment& segment = segment_of(buffer);
    if (segment.size != 0) std::memset(segment.data, kPoison, segment.size);
    memory_.forget(segment);
  }

  std::optional<std::uint64_t> unwritten_bytes(const Buffer& buffer) override {
    return AddressSpace::unwritten_bytes(segment_of(buffer));
  }

  // No store leaves its buffer: it would have been a fault.
  std::optional<Fault> check_guards(const Buffer&) override { return std::nullopt; }

  ModulePtr load(const Image& image, std::optional<Fault>& fault) override {
    if (image.kind != Image::Kind::Ptx) {
      fault = Fault{};
      fault->kind = FaultKind::Unsupported;
      fault->message = "the virtual device executes PTX, and this image is a cubin";
      return nullptr;
    }
    return std::make_unique<LoadedModule>(image, memory_, options_);
  }

  std::optional<Fault> launch(const fitest::Module& module, const Launch& launch) override;

  std::optional<Fault> synchronize() override { return std::nullopt; }

  ElapsedTime time(const std::function<void()>& body) override {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - begin;
    return {elapsed.count(), "host_clock"};
  }

  std::vector<Fault> take_hazards() override { return std::exchange(hazards_, {}); }

  std::vector<LaunchProfile> take_profiles() override { return std::exchange(profiles_, {}); }

  std::string take_output() override { return std::exchange(output_, {}); }

  std::uint64_t instructions() const { return instructions_; }
  const std::set<std::string>& opcodes() const { return opcodes_; }

  void set_deadline(std::chrono::steady_clock::time_point deadline) override {
    deadline_ = deadline;
  }

 private:
  static void check_size(const Buffer& buffer, std::size_t size) {
    if (size <= buffer.spec().size_bytes) return;
    fail(ErrorKind::Internal, fmt::format("a copy of {} bytes does not fit {}, which has {}", size,
                                          buffer.spec().name, buffer.spec().size_bytes));
  }
  void keep_profile(const Profile& profile, const Launch& launch);
  static std::optional<Fault> check_configuration(const KernelInfo& info, const Launch& launch);
  static std::optional<Fault> check_arguments(const KernelInfo& info, const Launch& launch);

  VirtualDeviceOptions options_;
  DeviceProperties properties_;
  AddressSpace memory_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::string output_;
  std::vector<Fault> hazards_;
  std::vector<LaunchProfile> profiles_;
  std::uint64_t instructions_ = 0;
  std::set<std::string> opcodes_;
};

std::optional<Fault> VirtualDevice::check_configuration(const KernelInfo& info,
                                                        const Launch& launch) {
  const std::uint64_t threads = launch.block.count();
  const std::uint64_t most = std::min<std::uint64_t>(
      kMaxBlockThreads, static_cast<std::uint64_t>(info.max_threads_per_block));
  if (threads == 0 || threads > most || launch.block.z > 64) {
    return invalid_launch(launch,
                          fmt::format("a block of {} has {} threads; the kernel takes 1 to {}",
                                      to_string(launch.block), threads, most));
  }
  if (launch.grid.count() == 0 || launch.grid.y > 65535 || launch.grid.z > 65535) {
    return invalid_launch(launch, fmt::format("a grid of {}: every dimension must be at least 1, y "
                                              "and z at most 65535",
                                              to_string(launch.grid)));
  }
  const std::size_t shared = info.static_shared_bytes + launch.dynamic_shared_bytes;
  if (shared > kSharedMemoryPerBlock) {
    return invalid_launch(
        launch,
        fmt::format("{} static and {} dynamic bytes of shared memory; a block has {}",
                    info.static_shared_bytes, launch.dynamic_shared_bytes, kSharedMemoryPerBlock));
  }
  if (info.local_bytes > kLocalMemoryPerThread) {
    return invalid_launch(launch, fmt::format("{} bytes of local memory; a thread has {}",
                                              info.local_bytes, kLocalMemoryPerThread));
  }
  if (launch.cluster && launch.cluster->count() > 1) {
    return invalid_launch(launch, "the virtual device does not support clusters");
  }
  return std::nullopt;
}

std::optional<Fault> VirtualDevice::check_arguments(const KernelInfo& info, const Launch& launch) {
  if (launch.arguments.size() != info.parameter_bytes.size()) {
    return invalid_launch(launch,
                          fmt::format("the kernel takes {} arguments, and the launch has {}",
                                      info.parameter_bytes.size(), launch.arguments.size()));
  }
  for (std::size_t i = 0; i < launch.arguments.size(); ++i) {
    const KernelArgument& argument = launch.arguments[i];
    if (argument.bytes.size() == info.parameter_bytes[i]) continue;
    return invalid_launch(
        launch, fmt::format("argument {} ({}) has {} bytes, and the kernel's parameter {}", i,
                            argument.name, argument.bytes.size(), info.parameter_bytes[i]));
  }
  return std::nullopt;
}

void VirtualDevice::keep_profile(const Profile& profile, const Launch& launch) {
  LaunchProfile report = profile.report();
  report.kernel = launch.kernel;
  report.grid = launch.grid;
  report.block = launch.block;
  report.dynamic_shared_bytes = launch.dynamic_shared_bytes;
  profiles_.push_back(std::move(report));
}

std::optional<Fault> VirtualDevice::launch(const fitest::Module& module, const Launch& launch) {
  const auto& loaded = dynamic_cast<const LoadedModule&>(module);
  const KernelInfo* info = loaded.find(launch.kernel);
  if (info == nullptr) {
    const auto near = nearest(launch.kernel, loaded.kernel_names());
    return invalid_launch(launch, "the module has no kernel of this name" +
                                      (near ? "; did you mean " + *near + "?" : std::string()));
  }
  if (auto fault = check_configuration(*info, launch)) return fault;
  if (auto fault = check_arguments(*info, launch)) return fault;
  const Program& program = loaded.program(launch.kernel);
  if (program.unsupported) return program.unsupported;
  ExecutionSetup setup;
  setup.program = &program;
  setup.memory = &memory_;
  setup.options = &options_;
  setup.grid = launch.grid;
  setup.block = launch.block;
  setup.dynamic_shared_bytes = static_cast<std::uint32_t>(launch.dynamic_shared_bytes);
  setup.parameters.resize(program.parameter_bytes / 8 + 9);
  for (std::size_t i = 0; i < launch.arguments.size(); ++i) {
    const auto& bytes = launch.arguments[i].bytes;
    std::memcpy(
        reinterpret_cast<std::uint8_t*>(setup.parameters.data()) + program.parameters[i].offset,
        bytes.data(), bytes.size());
  }
  setup.deadline = deadline_;
  setup.sm_count = kMultiprocessors;
  std::optional<VirtualBuffer> workspace;
  if (launch.cooperative) {
    const BufferSpec words{"grid barrier", kGridWorkspaceBytes, Access::Workspace};
    setup.grid_workspace = workspace.emplace(words, memory_).address();
  }
  Execution execution(std::move(setup));
  std::optional<Fault> fault = execution.run();
  output_ += execution.output();
  instructions_ += execution.thread_instructions();
  if (!fault) opcodes_.merge(execution.noted_opcodes());
  if (execution.profile() != nullptr) keep_profile(*execution.profile(), launch);
  for (Fault& hazard : execution.hazards()) hazards_.push_back(std::move(hazard));
  return fault;
}

}  // namespace

DevicePtr make_virtual_device(const VirtualDeviceOptions& options) {
  return std::make_unique<VirtualDevice>(options);
}

std::uint64_t executed_instructions(const Device& device) {
  return dynamic_cast<const VirtualDevice&>(device).instructions();
}

const std::set<std::string>& executed_opcodes(const Device& device) {
  return dynamic_cast<const VirtualDevice&>(device).opcodes();
}

}  // namespace fitest::ptx
