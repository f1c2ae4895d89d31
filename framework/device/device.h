// SPDX-License-Identifier: Apache-2.0
// The seam between fitest and whatever executes kernels.
//
// Lifecycle of one case:
//   1. allocate() a Buffer for every tensor; upload() inputs; poison() outputs
//   2. load() an Image; find() its kernels, check parameters
//   3. launch() kernels in order, then synchronize(); a Fault ends the case
//   4. download() outputs, check guards
//   5. time() the launches again
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "device/fault.h"
#include "device/profile.h"

namespace fitest {

struct DeviceProperties {
  std::string kind;  // "virtual" or "cuda"
  std::string name;  // of the hardware, as Trace.environment.hardware says it
  std::string uuid;  // empty for virtual
  int compute_major = 0;
  int compute_minor = 0;
  int sm_count = 1;
  std::size_t shared_memory_per_block = 0;  // bytes, opt-in maximum
  std::size_t memory_bytes = 0;
  std::string driver_version;  // empty for virtual
};

// Code for a device: PTX for virtual, cubin for cuda.
struct Image {
  enum class Kind : std::uint8_t { Ptx, Cubin };
  Kind kind = Kind::Ptx;
  std::string code;
  std::string target;  // "compute_80", "sm_90a"
};

enum class Access : std::uint8_t {
  Input,      // the kernel may only read
  Output,     // uninitialised until the kernel writes
  Workspace,  // scratch; uninitialised unless filled
};

struct BufferSpec {
  std::string name;
  std::size_t size_bytes = 0;
  Access access = Access::Input;
};

// Device memory with guard zones around it; freed when destroyed, before its Device.
class Buffer {
 public:
  explicit Buffer(BufferSpec spec) : spec_(std::move(spec)) {}
  virtual ~Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  const BufferSpec& spec() const noexcept { return spec_; }
  virtual std::uint64_t address() const = 0;

 private:
  BufferSpec spec_;
};
using BufferPtr = std::unique_ptr<Buffer>;

struct KernelInfo {
  std::string name;                          // mangled
  std::vector<std::size_t> parameter_bytes;  // in order
  std::size_t static_shared_bytes = 0;
  int registers = 0;  // 0: not known
  std::size_t local_bytes = 0;
  int max_threads_per_block = 1024;
};

// A loaded Image.
class Module {
 public:
  virtual ~Module() = default;
  // Null if the module has no such kernel; `name` as in the image (mangled).
  virtual const KernelInfo* find(const std::string& name) const = 0;
  virtual std::vector<std::string> kernel_names() const = 0;
};
using ModulePtr = std::unique_ptr<Module>;

struct KernelArgument {
  std::string name;              // for messages
  std::vector<std::byte> bytes;  // as the kernel's parameter expects them
};

struct Launch {
  std::string kernel;  // mangled name
  Dim3 grid;
  Dim3 block;
  std::optional<Dim3> cluster;
  std::size_t dynamic_shared_bytes = 0;
  std::vector<KernelArgument> arguments;
  bool cooperative = false;  // every block resident at once, so that the grid can wait for itself
};

struct ElapsedTime {
  double milliseconds = 0;
  std::string timer;  // "cuda_event", "host_clock", …
};

class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceProperties& properties() const = 0;

  // Error (Environment) when memory is not to be had.
  virtual BufferPtr allocate(const BufferSpec& spec) = 0;
  virtual void upload(Buffer& buffer, std::span<const std::byte> bytes) = 0;
  virtual void download(const Buffer& buffer, std::span<std::byte> bytes) = 0;
  // Fills the buffer with a pattern that no kernel writes by accident, and marks it uninitialised.
  virtual void poison(Buffer& buffer) = 0;
  // Bytes of the buffer that no launch has written since poison(); empty optional if the device
  // cannot tell other than by the pattern.
  virtual std::optional<std::uint64_t> unwritten_bytes(const Buffer& buffer) = 0;
  // A write into the guard zones around the buffer, or into an Input, if one happened.
  virtual std::optional<Fault> check_guards(const Buffer& buffer) = 0;

  // Fault (Unsupported, with the line) when the image holds what the device lacks.
  virtual ModulePtr load(const Image& image, std::optional<Fault>& fault) = 0;
  virtual std::optional<Fault> launch(const Module& module, const Launch& launch) = 0;
  virtual std::optional<Fault> synchronize() = 0;
  // Everything that launches since the last call did wrong, also what does not fail a case (benign
  // races), worst first; a device that stops at the first fault has none to add.
  virtual std::vector<Fault> take_hazards() { return {}; }
  // Of each launch since the last call, from a device that was made to count.
  virtual std::vector<LaunchProfile> take_profiles() { return {}; }
  // Time between the begin and the end of what `body` launches.
  virtual ElapsedTime time(const std::function<void()>& body) = 0;
  // What kernels printed since the last call.
  virtual std::string take_output() = 0;
  // Launches after this moment end with Fault TimeLimit.
  virtual void set_deadline(std::chrono::steady_clock::time_point deadline) = 0;
};
using DevicePtr = std::unique_ptr<Device>;

}  // namespace fitest
