// SPDX-License-Identifier: Apache-2.0
// The stream on which all of fitest's work for a GPU is queued, in order, and waited for.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cuda/cuda_module.h"
#include "cuda/cupti.h"
#include "cuda/event_timer.h"
#include "cuda/gpu_lock.h"
#include "cuda/launch_check.h"
#include "cuda/owned.h"
#include "device/hardware.h"

namespace fitest::cuda {

struct TimedSpan {
  double event_ms = 0;                // not a number after a fault
  std::optional<double> activity_ms;  // with a recorder
};

// Holds the GPU shared from the first queued work to the next wait, exclusively while it times, or
// as acquire() says.
// After a fault that loses the context, every call ends with that Fault; calls that return none
// throw it as an Error (Environment).
class CudaQueue {
 public:
  CudaQueue(CudaContext& context, GpuLock::Place lock_place, std::size_t l2_bytes);

  void set_deadline(Deadline deadline) noexcept { deadline_ = deadline; }

  // Each of these queues; the bytes must live until the next wait.
  void copy_in(CudaAddress target, std::span<const std::byte> bytes);
  void copy_out(CudaAddress source, std::span<std::byte> bytes);
  void copy(CudaAddress target, CudaAddress source, std::size_t size_bytes);
  void fill_words(CudaAddress target, std::uint32_t word, std::size_t count);
  // The launch must have passed check_launch().
  std::optional<Fault> launch(const CudaModule& module, const Launch& launch,
                              const LaunchLimits& limits = {});

  // Until all that was queued has ended, or the deadline passes.
  std::optional<Fault> wait();
  // wait() for callers that can return no Fault.
  void settle();
  // Shared use of the GPU for work that is not queued, until the next wait.
  void use_gpu();

  // See HardwareDevice.
  void acquire(Use use);
  void release() noexcept { held_.reset(); }

  // Times also by the records of `recorder` from now on.
  void record_with(KernelRecorder& recorder) { recorder_ = &recorder; }
  // From a cold cache, what `body` queues, without its waits.
  TimedSpan time(const std::function<void()>& body);

  std::string take_output() { return std::exchange(output_, {}); }

 private:
  std::optional<Fault> await_stream();
  double recorded_milliseconds();
  void note_in_flight(const std::string& kernel, bool prints);
  void end_flight();
  CudaResult opt_in(CudaFunctionHandle function, const KernelInfo& kernel, const Launch& launch);
  CudaResult enqueue(CudaFunctionHandle function, const Launch& launch);

  CudaContext& context_;
  GpuLock::Place lock_place_;
  std::size_t l2_bytes_;
  OwnedStream stream_;
  std::optional<EventTimer> timer_;
  KernelRecorder* recorder_ = nullptr;
  std::optional<GpuLock> in_use_;  // until the next wait
  std::optional<GpuLock> held_;    // until release()
  Use held_as_ = Use::Shared;
  Deadline deadline_ = Deadline::max();
  bool timing_ = false;
  std::size_t timed_launches_ = 0;
  bool printing_ = false;               // a kernel in flight may print
  std::vector<std::string> in_flight_;  // names of the kernels since the last wait
  std::string output_;
};

}  // namespace fitest::cuda
